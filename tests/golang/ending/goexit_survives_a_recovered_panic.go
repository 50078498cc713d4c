// A panic that is raised and recovered in a deferred call does not cancel the Goexit.
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
		defer say("ends")
		func() {
			defer func() {
				defer func() { say("recovered", recover()) }()
				panic("oops")
			}()
			runtime.Goexit()
		}()
		say("never")
	}()
	runtime.Gosched()
}
