// A value for a receiver that waits does not go through the buffer.
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
	go func() { say("got", <-c) }()
	runtime.Gosched()
	for i := 0; i < 3; i++ {
		c <- i
		say(len(c))
	}
	runtime.Gosched()
}
