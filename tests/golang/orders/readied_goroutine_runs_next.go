// A receiver that is readied takes runnext from the goroutine that was started last.
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
	go func() { say("received", <-c) }()
	runtime.Gosched()
	go say("first")
	go say("second")
	c <- 1
	say("main")
	runtime.Gosched()
}
