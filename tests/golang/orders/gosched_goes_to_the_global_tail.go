// Goroutines that call Gosched take turns, in the order in which they called it.
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

func turns(i int) {
	for k := 0; k < 3; k++ {
		say(i, k)
		runtime.Gosched()
	}
}

func main() {
	defer flush()
	for i := 0; i < 3; i++ {
		go turns(i)
	}
	for k := 0; k < 4; k++ {
		runtime.Gosched()
		say("main", k)
	}
}
