// After main left by Goexit those that are left may deadlock: main is not among them.
package main

import "runtime"

func main() {
	c := make(chan int)
	go func() { <-c }()
	go func() {
		<-c
		c <- 1
	}()
	runtime.Goexit()
}
