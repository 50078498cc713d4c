// A select with a timer: what comes in time is taken, else the timer.
package main

import (
	"fmt"
	"time"
)

func main() {
	c := make(chan string, 1)
	for i := 0; i < 2; i++ {
		select {
		case v := <-c:
			fmt.Println(v)
		case <-time.After(2 * time.Millisecond):
			fmt.Println("timeout")
		}
		c <- "in time"
	}
}
