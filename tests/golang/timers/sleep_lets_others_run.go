// Who sleeps leaves its P to the others, and does not wake too early.
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
	start := time.Now()
	for i := 0; i < 3; i++ {
		go say(i)
	}
	time.Sleep(5 * time.Millisecond)
	say("main", time.Since(start) >= 5*time.Millisecond)
}
