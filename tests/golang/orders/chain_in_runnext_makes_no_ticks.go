// A chain in runnext inherits its slice: no tick passes, and the global queue waits for all of it.
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
	ran := 0
	var link func()
	link = func() {
		if ran++; ran < 200 {
			go link()
		}
	}
	go link()
	runtime.Gosched()
	say("main ran after", ran)
}
