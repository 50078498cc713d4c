// A deferred call that goes on for ever does not keep main, nor does one that blocks.
package main

import (
	"fmt"
	"runtime"
)

func fails(c chan int, blocks bool) {
	defer func() {
		c <- 1
		if blocks {
			select {}
		}
		for {
			runtime.Gosched()
		}
	}()
	panic("boom")
}

func main() {
	c := make(chan int)
	go fails(c, true)
	<-c
	go fails(c, false)
	<-c
	fmt.Println("main returns")
}
