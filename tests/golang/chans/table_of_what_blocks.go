// Send and receive on nil, closed, empty and full channels: which of them block, and which panic.
package main

import (
	"fmt"
	"runtime"
)

func try(name string, f func()) {
	done := make(chan string, 1)
	go func() {
		defer func() {
			if err := recover(); err != nil {
				done <- fmt.Sprint("panics: ", err)
			}
		}()
		f()
		done <- "goes on"
	}()
	for i := 0; i < 3; i++ {
		runtime.Gosched()
	}
	select {
	case how := <-done:
		fmt.Println(name, how)
	default:
		fmt.Println(name, "blocks")
	}
}

func main() {
	var none chan int
	closed, drained := make(chan int, 1), make(chan int)
	closed <- 1
	close(closed)
	close(drained)
	full := make(chan int, 1)
	full <- 1
	for _, c := range []struct {
		name string
		c    chan int
	}{{"nil", none}, {"closed", closed}, {"drained", drained}, {"empty", make(chan int, 1)}, {"unbuffered", make(chan int)}, {"full", full}} {
		try("receive "+c.name, func() { <-c.c })
		try("send "+c.name, func() { c.c <- 1 })
	}
}
