// A pipeline over unbuffered channels: each value is passed on as far as the next waits for it.
package main

import (
	"fmt"
	"strings"
)

// Lines are printed at the end: a write is a system call, and would let others run in between.
var out strings.Builder

func say(words ...any) { fmt.Fprintln(&out, words...) }
func flush()           { fmt.Print(out.String()) }

func main() {
	defer flush()
	stage := func(name string, from, to chan int) {
		for v := range from {
			say(name, v)
			to <- v + 1
		}
		close(to)
	}
	a, b, c := make(chan int), make(chan int), make(chan int)
	go stage("a", a, b)
	go stage("b", b, c)
	go func() {
		for i := 0; i < 30; i += 10 {
			a <- i
		}
		close(a)
	}()
	for v := range c {
		say("main", v)
	}
}
