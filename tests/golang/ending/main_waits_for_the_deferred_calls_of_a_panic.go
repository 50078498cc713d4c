// Main has returned, and yields while another goroutine runs deferred calls: the panic ends the program.
package main

import (
	"fmt"
	"runtime"
)

func fails(c chan int) {
	defer func() {
		c <- 1
		for i := 0; i < 100; i++ {
			runtime.Gosched()
		}
		fmt.Println("deferred")
	}()
	panic("boom")
}

func main() {
	c := make(chan int)
	go fails(c)
	<-c
	fmt.Println("main returns")
}
