// Cancel wakes all that wait for Done, in the order of a close.
package main

import (
	"context"
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
	ctx, cancel := context.WithCancel(context.Background())
	for i := 0; i < 4; i++ {
		i := i
		go func() {
			<-ctx.Done()
			say(i, ctx.Err())
		}()
		runtime.Gosched()
	}
	cancel()
	say("main")
	runtime.Gosched()
}
