// Senders are served in the order in which they came; the receiver goes on.
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
	for i := 0; i < 3; i++ {
		i := i
		go func() {
			c <- i
			say("sent", i)
		}()
		runtime.Gosched()
	}
	for i := 0; i < 3; i++ {
		say("got", <-c)
	}
	runtime.Gosched()
}
