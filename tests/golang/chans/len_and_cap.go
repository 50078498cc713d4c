// Len is what is buffered, cap the size; both are 0 for an unbuffered channel with waiting senders, and for nil.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	c := make(chan int, 3)
	fmt.Println(len(c), cap(c))
	c <- 1
	c <- 2
	fmt.Println(len(c), cap(c))
	close(c)
	<-c
	fmt.Println(len(c), cap(c))
	u := make(chan int)
	go func() { u <- 1 }()
	runtime.Gosched()
	fmt.Println(len(u), cap(u))
	var none chan int
	fmt.Println(len(none), cap(none))
}
