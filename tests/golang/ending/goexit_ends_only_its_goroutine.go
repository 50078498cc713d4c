// Goexit ends the goroutine that calls it, however deep; the others go on.
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

func deep(n int) {
	if n == 0 {
		runtime.Goexit()
	}
	deep(n - 1)
}

func main() {
	defer flush()
	go func() {
		say("begins")
		deep(10)
		say("never")
	}()
	runtime.Gosched()
	say("main")
}
