// A send over an unbuffered channel is over only when the value was received.
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
	go func() {
		say("sending")
		c <- 1
		say("sent")
	}()
	runtime.Gosched()
	say("receiving")
	<-c
	say("received")
	runtime.Gosched()
}
