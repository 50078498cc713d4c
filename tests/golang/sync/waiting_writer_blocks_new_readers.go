// A writer that waits keeps new readers out; its unlock lets them in, the last first, then in order.
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
	var rw sync.RWMutex
	rw.RLock()
	go func() {
		rw.Lock()
		say("writer")
		rw.Unlock()
		say("writer is out")
	}()
	runtime.Gosched()
	for i := 0; i < 3; i++ {
		i := i
		go func() {
			rw.RLock()
			say("reader", i)
			rw.RUnlock()
		}()
		runtime.Gosched()
	}
	say("main", rw.TryRLock())
	rw.RUnlock()
	runtime.Gosched()
}
