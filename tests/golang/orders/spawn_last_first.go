// Of goroutines started in a row the last runs first, then the others in order.
package main

import (
	"fmt"
	"runtime"
	"strings"
)

// Lines are printed at the end: a write is a system call, and would let others run in between.
var out strings.Builder

func say(words ...any) { fmt.Fprintln(&out, words...) }
func flush()           { fmt.Print(out.String()) }

func main() {
	defer flush()
	for i := 0; i < 5; i++ {
		go say(i)
	}
	runtime.Gosched()
}
