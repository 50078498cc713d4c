// A select with a ready case or a default lets nobody else run.
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
	c := make(chan int, 1)
	go say("other")
	for i := 0; i < 3; i++ {
		select {
		case c <- i:
		case <-c:
		default:
		}
	}
	say("main")
	runtime.Gosched()
}
