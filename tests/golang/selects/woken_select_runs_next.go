// A select that is served is readied as any goroutine: last first, then in order.
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
	shared, never := make(chan int), make(chan int)
	for i := 0; i < 4; i++ {
		i := i
		go func() {
			select {
			case v := <-shared:
				say(i, "got", v)
			case <-never:
			}
		}()
		runtime.Gosched()
	}
	for v := 0; v < 4; v++ {
		shared <- v
	}
	say("main")
	runtime.Gosched()
}
