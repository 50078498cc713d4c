// The caller of go goes on; the new goroutine waits for its turn.
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
	go say("child")
	say("main")
	runtime.Gosched()
	say("main again")
}
