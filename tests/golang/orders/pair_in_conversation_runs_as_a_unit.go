// Two goroutines that talk over unbuffered channels keep each other in runnext until they are done.
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
	a, b := make(chan int), make(chan int)
	go func() {
		for i := 0; i < 3; i++ {
			<-a
			say("pong")
			b <- 0
		}
	}()
	go func() {
		for i := 0; i < 3; i++ {
			a <- 0
			say("ping")
			<-b
		}
	}()
	go say("third")
	runtime.Gosched()
}
