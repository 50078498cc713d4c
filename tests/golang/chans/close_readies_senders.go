// Senders that wait panic when the channel is closed, in the same order as receivers.
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
	for i := 0; i < 4; i++ {
		i := i
		go func() {
			defer func() { say(i, recover()) }()
			c <- i
		}()
		runtime.Gosched()
	}
	close(c)
	say("main")
	runtime.Gosched()
}
