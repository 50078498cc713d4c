// Who yielded to a full ring gets its turn at the next multiple of 61 ticks, not after the ring.
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
	for i := 0; i < 20; i++ {
		runtime.Gosched() // until the runtime's own goroutines have run: tick 24 is this one
	}
	ran := 0
	for i := 0; i < 200; i++ {
		go func() { ran++ }()
	}
	for ran < 200 {
		runtime.Gosched()
		say("main ran after", ran)
	}
}
