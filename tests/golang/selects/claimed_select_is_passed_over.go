// A select that was served by one channel is passed over in the queues of the others.
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
	go func() {
		select {
		case v := <-a:
			say("select got a", v)
		case v := <-b:
			say("select got b", v)
		}
	}()
	runtime.Gosched()
	go func() { say("receiver got", <-a) }()
	runtime.Gosched()
	b <- 1
	a <- 2
	runtime.Gosched()
}
