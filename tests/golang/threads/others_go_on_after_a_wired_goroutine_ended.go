// The end of a wired goroutine does not touch the others.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	wired, others := make(chan bool), make(chan int, 3)
	go func() {
		runtime.LockOSThread()
		wired <- true
	}()
	<-wired
	for i := 0; i < 3; i++ {
		i := i
		go func() { others <- i }()
	}
	fmt.Println(<-others + <-others + <-others)
}
