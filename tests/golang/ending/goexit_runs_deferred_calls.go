// Goexit runs the deferred calls of its goroutine, the last first; they may block.
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
	go func() {
		defer say("outer")
		func() {
			defer func() { say("inner got", <-c) }()
			runtime.Goexit()
		}()
		say("never")
	}()
	c <- 1
	runtime.Gosched()
}
