// A goroutine started after a ready takes runnext from the one that was readied.
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
	c <- 1
	go say("second")
	runtime.Gosched()
}
