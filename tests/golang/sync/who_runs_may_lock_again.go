// Unlock grants nothing: who runs locks again before the waiter that it readied.
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
	mu.Lock()
	go func() {
		mu.Lock()
		say("waiter")
		mu.Unlock()
	}()
	runtime.Gosched()
	for i := 0; i < 3; i++ {
		mu.Unlock()
		mu.Lock()
		say("main again", i)
	}
	mu.Unlock()
	runtime.Gosched()
}
