// In a deferred call of Goexit recover returns nil.
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
		defer func() { say("recovered", recover()) }()
		runtime.Goexit()
	}()
	runtime.Gosched()
	say("main")
}
