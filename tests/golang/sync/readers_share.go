// Readers hold an RWMutex together; a writer waits for all of them.
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
	var wg sync.WaitGroup
	for i := 0; i < 3; i++ {
		i := i
		wg.Add(1)
		go func() {
			rw.RLock()
			say("reader in", i)
			runtime.Gosched()
			say("reader out", i)
			rw.RUnlock()
			wg.Done()
		}()
	}
	runtime.Gosched()
	rw.Lock()
	say("writer")
	rw.Unlock()
	wg.Wait()
}
