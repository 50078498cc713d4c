// A parked select waits in the queue of each channel as any receiver: first come, first served.
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
	a, b := make(chan int), make(chan int)
	go func() { say("first", <-a) }()
	runtime.Gosched()
	go func() {
		select {
		case v := <-a:
			say("second", v)
		case v := <-b:
			say("second", v)
		}
	}()
	runtime.Gosched()
	go func() { say("third", <-a) }()
	runtime.Gosched()
	a <- 1
	a <- 2
	a <- 3
	runtime.Gosched()
}
