// Over an unbuffered channel each side runs on until it must wait: two sends, two receives.
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
		for v := range c {
			say("got", v)
		}
		say("closed")
	}()
	for i := 0; i < 5; i++ {
		c <- i
		say("sent", i)
	}
	close(c)
	say("main")
	runtime.Gosched()
}
