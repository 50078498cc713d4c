// A producer goes on until the buffer is full, its consumer until it is empty.
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
	c := make(chan int, 2)
	go func() {
		for i := 0; i < 6; i++ {
			c <- i
			say("sent", i)
		}
		close(c)
	}()
	for v := range c {
		say("got", v)
	}
}
