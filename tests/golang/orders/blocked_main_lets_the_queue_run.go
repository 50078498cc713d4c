// Who blocks leaves its P to runnext, then to the ring.
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
	c := make(chan int)
	go say("first")
	go func() {
		say("sender")
		c <- 7
		say("sender goes on")
	}()
	go say("last")
	say("main got", <-c)
	runtime.Gosched()
}
