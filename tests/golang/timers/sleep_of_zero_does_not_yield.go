// A sleep of zero, or of less, returns at once and lets nobody run.
package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// Lines are printed at the end: a write is a system call, and would let others run in between.
var out strings.Builder

func say(words ...any) { fmt.Fprintln(&out, words...) }
func flush()           { fmt.Print(out.String()) }

func main() {
	defer flush()
	go say("other")
	time.Sleep(0)
	time.Sleep(-5)
	say("main")
	runtime.Gosched()
}
