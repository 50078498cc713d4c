// Who has recovered runs no deferred call of a panic: main does not wait for it.
package main

import (
	"fmt"
	"runtime"
)

func recovers(c chan int) {
	func() {
		defer func() { recover() }()
		panic("boom")
	}()
	c <- 1
	for i := 0; i < 3; i++ {
		runtime.Gosched()
	}
	fmt.Println("not reached")
}

func main() {
	c := make(chan int)
	go recovers(c)
	<-c
	fmt.Println("main returns")
}
