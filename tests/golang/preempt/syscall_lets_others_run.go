// While a goroutine is in a blocking call its P works for others.
package main

import (
	"fmt"
	"strings"
	"syscall"
)

// Lines are printed at the end: a write is a system call, and would let others run in between.
var out strings.Builder

func say(words ...any) { fmt.Fprintln(&out, words...) }
func flush()           { fmt.Print(out.String()) }

func main() {
	defer flush()
	go say("other")
	pause := syscall.NsecToTimespec(30e6)
	syscall.Nanosleep(&pause, nil)
	say("main is back")
}
