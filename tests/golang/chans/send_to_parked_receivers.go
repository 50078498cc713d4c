// Receivers that are readied one after another run last first, then in order; the sender goes on.
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
	c := make(chan int)
	for i := 0; i < 5; i++ {
		i := i
		go func() { say(i, "got", <-c) }()
		runtime.Gosched()
	}
	for i := 0; i < 5; i++ {
		c <- i * 10
	}
	say("main")
	runtime.Gosched()
}
