// A thousand goroutines: the ring overflows several times, and batches come back from the global queue.
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
	done := make(chan bool)
	ran := 0
	for i := 0; i < 1000; i++ {
		i := i
		go func() {
			say(i)
			if ran++; ran == 100 {
				done <- true
			}
		}()
	}
	<-done
}
