// A Mutex that starves is handed from waiter to waiter, in order; whoever only tries does not get it.
package main

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Lines are printed at the end: a write is a system call, and would let others run in between.
var out strings.Builder

func say(words ...any) { fmt.Fprintln(&out, words...) }
func flush()           { fmt.Print(out.String()) }

func main() {
	defer flush()
	var mu sync.Mutex
	mu.Lock()
	for i := 0; i < 3; i++ {
		i := i
		go func() {
			mu.Lock()
			say("waiter", i, mu.TryLock())
			mu.Unlock()
		}()
		runtime.Gosched()
	}
	for start := time.Now(); time.Since(start) < 3*time.Millisecond; {
	}
	mu.Unlock()
	mu.Lock()
	runtime.Gosched() // the first waiter loses
	mu.Unlock()
	say("main", mu.TryLock())
	runtime.Gosched()
}
