// A select that waits twice on one channel takes one value, and leaves no trace of the other case.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	c, done := make(chan int), make(chan int)
	go func() {
		select {
		case v := <-c:
			done <- v
		case v := <-c:
			done <- v
		}
	}()
	runtime.Gosched()
	c <- 1
	fmt.Println(<-done)
	select {
	case c <- 2:
		fmt.Println("somebody is still waiting")
	default:
		fmt.Println("nobody is waiting")
	}
}
