// The second child of each node takes runnext from the first, which goes to the tail of the ring.
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

func node(name string, depth int) {
	say(name)
	if depth > 0 {
		go node(name+"0", depth-1)
		go node(name+"1", depth-1)
	}
}

func main() {
	defer flush()
	go node("r", 3)
	runtime.Gosched()
}
