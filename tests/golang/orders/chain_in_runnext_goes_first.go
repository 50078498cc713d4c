// A chain of goroutines each starting the next stays in runnext: those in the ring wait for its end.
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

func link(n int) {
	if n == 100 {
		say("the chain ends")
		return
	}
	go link(n + 1)
}

func main() {
	defer flush()
	go say("other")
	go link(0)
	runtime.Gosched()
	say("main")
}
