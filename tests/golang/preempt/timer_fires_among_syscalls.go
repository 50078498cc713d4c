// Goroutines that talk, and make a blocking call each time, do not hold up a timer.
package main

import (
	"fmt"
	"syscall"
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
				pause := syscall.NsecToTimespec(1e5)
				syscall.Nanosleep(&pause, nil)
			}
		}()
	}
	<-time.After(20 * time.Millisecond)
	fmt.Println("the timer fired")
}
