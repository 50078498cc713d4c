// When the count reaches zero all waiters are readied, in order: the last runs first.
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
	var wg sync.WaitGroup
	wg.Add(2)
	for i := 0; i < 4; i++ {
		i := i
		go func() {
			wg.Wait()
			say(i)
		}()
		runtime.Gosched()
	}
	wg.Done()
	say("one is missing")
	runtime.Gosched()
	wg.Done()
	say("main")
	runtime.Gosched()
}
