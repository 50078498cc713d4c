// When main returns the program ends: others do not get to their end, and nobody's deferred calls run.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	c := make(chan int)
	go func() {
		defer fmt.Println("never")
		fmt.Println("started")
		<-c
		fmt.Println("never")
	}()
	runtime.Gosched()
	go fmt.Println("never")
	c <- 1
}
