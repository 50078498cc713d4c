// A bound method and a closure are started as any function is.
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

type counter struct{ n int }

func (c *counter) add(n int) { c.n += n }

func main() {
	defer flush()
	c := &counter{}
	go c.add(1)
	go c.add(2)
	go func() { c.n *= 10 }()
	runtime.Gosched()
	say(c.n)
}
