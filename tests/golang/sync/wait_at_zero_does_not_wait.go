// Wait at zero returns at once and lets nobody run.
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
	go say("other")
	wg.Wait()
	wg.Add(3)
	wg.Add(-3)
	wg.Wait()
	say("main")
	runtime.Gosched()
}
