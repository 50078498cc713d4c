// A waiter that loses after 1 ms makes the Mutex starve: unlock hands it over, and the waiter runs at once.
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
	go func() {
		mu.Lock()
		say("waiter")
		mu.Unlock()
	}()
	runtime.Gosched()
	for start := time.Now(); time.Since(start) < 3*time.Millisecond; {
	}
	mu.Unlock()
	mu.Lock()
	runtime.Gosched() // the waiter loses
	go say("other")
	mu.Unlock()
	say("main")
	runtime.Gosched()
}
