// Close readies the receivers newest first: the oldest is in runnext in the end, the others follow newest first.
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
	c := make(chan int)
	for i := 0; i < 5; i++ {
		i := i
		go func() {
			v, ok := <-c
			say(i, v, ok)
		}()
		runtime.Gosched()
	}
	close(c)
	say("main")
	runtime.Gosched()
}
