// A waiter that is readied and finds the Mutex locked again goes back to the front of the queue.
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
	for i := 0; i < 2; i++ {
		i := i
		go func() {
			mu.Lock()
			say("locked by", i)
			mu.Unlock()
		}()
		runtime.Gosched()
	}
	mu.Unlock()
	mu.Lock()
	runtime.Gosched() // the first waiter loses
	mu.Unlock()
	runtime.Gosched()
	runtime.Gosched()
}
