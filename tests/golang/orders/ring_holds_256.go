// 256 goroutines in the ring and one in runnext: nothing goes to the global queue, the order is kept.
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
		runtime.Gosched() // until the runtime's own goroutines have run
	}
	done := make(chan bool)
	for i := 0; i < 257; i++ {
		i := i
		go func() {
			say(i)
			if i == 255 {
				done <- true
			}
		}()
	}
	<-done
}
