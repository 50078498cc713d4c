// Close makes the waiting senders panic; what is in the buffer stays.
package main

import (
	"fmt"
	"runtime"
	"strings"
)

// Lines are printed at the end: a write is a system call, and would let others run in between.
var out strings.Builder

func say(words ...any) { fmt.Fprintln(&out, words...) }
func flush()           { fmt.Print(out.String()) }

func main() {
	defer flush()
	c := make(chan int, 2)
	c <- 1
	c <- 2
	go func() {
		defer func() { say(recover()) }()
		c <- 3
	}()
	runtime.Gosched()
	close(c)
	for v := range c {
		say(v)
	}
	runtime.Gosched()
}
