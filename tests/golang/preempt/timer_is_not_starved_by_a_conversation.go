// Goroutines that never stop talking do not hold up a timer.
package main

import (
	"fmt"
	"time"
)

func main() {
	c := make(chan int)
	for i := 0; i < 2; i++ {
		go func() {
			for {
				select {
				case c <- 1:
				case <-c:
				}
			}
		}()
	}
	<-time.After(20 * time.Millisecond)
	fmt.Println("the timer fired")
}
