// When a writer unlocks, the readers that wait go in before the next writer.
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
	rw.Lock()
	go func() {
		rw.Lock()
		say("second writer")
		rw.Unlock()
	}()
	runtime.Gosched()
	for i := 0; i < 2; i++ {
		i := i
		go func() {
			rw.RLock()
			say("reader", i)
			rw.RUnlock()
		}()
		runtime.Gosched()
	}
	rw.Unlock()
	say("main")
	runtime.Gosched()
	runtime.Gosched()
}
