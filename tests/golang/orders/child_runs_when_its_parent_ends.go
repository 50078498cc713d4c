// A child is in runnext: it runs as soon as its parent ends, before those that waited longer.
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

func parent(name string) {
	say(name)
	go say(name + "'s child")
	say(name + " ends")
}

func main() {
	defer flush()
	go parent("x")
	go parent("y")
	go parent("z")
	runtime.Gosched()
}
