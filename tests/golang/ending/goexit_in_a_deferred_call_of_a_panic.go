// Goexit in a deferred call aborts the panic: the goroutine ends, the program does not.
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
	go func() {
		defer runtime.Goexit()
		panic("aborted")
	}()
	runtime.Gosched()
	say("main")
}
