// A goroutine that is wired to its thread is queued as any other: the order does not change.
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
	for i := 0; i < 4; i++ {
		i := i
		go func() {
			if i%2 == 0 {
				runtime.LockOSThread()
			}
			say(i)
			runtime.Gosched()
			say(i, "again")
		}()
	}
	for i := 0; i < 3; i++ {
		runtime.Gosched()
	}
}
