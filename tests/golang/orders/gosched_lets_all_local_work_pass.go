// Who yields is behind everything in the local queue, also behind what is started meanwhile.
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

func generation(n int) {
	say("generation", n)
	if n < 5 {
		go generation(n + 1)
	}
}

func main() {
	defer flush()
	go generation(0)
	go say("other")
	runtime.Gosched()
	say("main")
}
