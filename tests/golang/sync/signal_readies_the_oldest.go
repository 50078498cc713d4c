// Signal readies the goroutine that waits longest; a broadcast all of them, in order.
package main

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
)

// Lines are printed at the end: a write is a system call, and would let others run in between.
var out strings.Builder

func say(words ...any) { fmt.Fprintln(&out, words...) }
func flush()           { fmt.Print(out.String()) }

func main() {
	defer flush()
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	for i := 0; i < 5; i++ {
		i := i
		go func() {
			mu.Lock()
			cond.Wait()
			say(i)
			mu.Unlock()
		}()
		runtime.Gosched()
	}
	cond.Signal()
	say("signal")
	runtime.Gosched()
	cond.Signal()
	say("signal")
	runtime.Gosched()
	cond.Broadcast()
	say("broadcast")
	runtime.Gosched()
}
