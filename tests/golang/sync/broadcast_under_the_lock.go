// Who was readied by a broadcast must lock first: all wait until the broadcaster unlocks.
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
	ready := false
	for i := 0; i < 3; i++ {
		i := i
		go func() {
			mu.Lock()
			for !ready {
				cond.Wait()
			}
			say(i)
			mu.Unlock()
		}()
	}
	runtime.Gosched()
	mu.Lock()
	ready = true
	cond.Broadcast()
	runtime.Gosched()
	say("main unlocks")
	mu.Unlock()
	runtime.Gosched()
	runtime.Gosched()
}
