// Of sleepers that are all due the latest runs first: each that is readied takes runnext.
package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// Lines are printed at the end: a write is a system call, and would let others run in between.
var out strings.Builder

func say(words ...any) { fmt.Fprintln(&out, words...) }
func flush()           { fmt.Print(out.String()) }

func main() {
	defer flush()
	done := make(chan bool, 4)
	for i := 1; i < 5; i++ {
		i := i
		go func() {
			time.Sleep(time.Duration(i) * time.Millisecond)
			say(i)
			done <- true
		}()
	}
	runtime.Gosched()
	for start := time.Now(); time.Since(start) < 6*time.Millisecond; {
	}
	for i := 0; i < 4; i++ {
		<-done
	}
}
