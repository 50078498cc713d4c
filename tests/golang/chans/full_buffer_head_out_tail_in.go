// A receive from a full buffer takes the head; the value of the sender that waited longest goes to the tail.
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
	c := make(chan int, 2)
	c <- 0
	c <- 1
	for i := 2; i < 4; i++ {
		i := i
		go func() {
			c <- i
			say("sent", i)
		}()
		runtime.Gosched()
	}
	for i := 0; i < 4; i++ {
		say(<-c, len(c))
	}
	runtime.Gosched()
}
