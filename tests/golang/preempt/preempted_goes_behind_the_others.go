// Who is cut after its slice stands at the tail of the global queue: all that were runnable run first.
package main

import (
	"fmt"
	"strings"
	"time"
)

// Lines are printed at the end: a write is a system call, and would let others run in between.
var out strings.Builder

func say(words ...any) { fmt.Fprintln(&out, words...) }
func flush()           { fmt.Print(out.String()) }

func main() {
	defer flush()
	for i := 0; i < 3; i++ {
		go say(i)
	}
	for start := time.Now(); time.Since(start) < 200*time.Millisecond; {
	}
	say("main")
}
