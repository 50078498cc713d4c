// To lock what is free, and to unlock it, lets nobody else run.
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
	var rw sync.RWMutex
	go say("other")
	for i := 0; i < 10; i++ {
		mu.Lock()
		mu.Unlock()
		rw.RLock()
		rw.RUnlock()
		rw.Lock()
		rw.Unlock()
	}
	say("main")
	runtime.Gosched()
}
