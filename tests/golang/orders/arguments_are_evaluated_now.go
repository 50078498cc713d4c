// Arguments of go are evaluated by the caller, when the statement is executed.
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

func next(n *int) int {
	*n++
	say("evaluated", *n)
	return *n
}

func main() {
	defer flush()
	n := 0
	go say("ran with", next(&n))
	n = 10
	go say("ran with", next(&n))
	say("main")
	runtime.Gosched()
}
