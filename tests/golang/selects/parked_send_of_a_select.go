// A select that waits to send is served when a receiver comes, and its value arrives.
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
	a, b := make(chan int), make(chan int, 1)
	b <- 0
	for i := 1; i < 3; i++ {
		i := i
		go func() {
			select {
			case a <- i:
				say("sent to a", i)
			case b <- 10 * i:
				say("sent to b", i)
			}
		}()
		runtime.Gosched()
	}
	for i := 0; i < 3; i++ {
		say(<-b, len(b))
	}
	runtime.Gosched()
}
