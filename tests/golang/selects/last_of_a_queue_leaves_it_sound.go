// A select that was last in the queue of a channel leaves it sound: later waiters are found.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	c, other := make(chan int), make(chan int)
	done := make(chan int)
	go func() { done <- <-c }()
	runtime.Gosched()
	go func() {
		select {
		case <-c:
		case <-other:
		}
		done <- <-c
	}()
	runtime.Gosched()
	other <- 0
	runtime.Gosched()
	go func() { done <- <-c }()
	runtime.Gosched()
	for i := 1; i < 4; i++ {
		c <- i
	}
	fmt.Println(<-done + <-done + <-done)
}
