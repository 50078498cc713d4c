// Who sleeps less wakes first, whoever began first.
package main

import (
	"fmt"
	"strings"
	"time"
)

// Lines are printed at the end: a write is a system call, and would let others run in between.
var out strings.Builder

func say(words ...any) { fmt.Fprintln(&out, words...) }
func flush()           { fmt.Print(out.String()) }

func main() {
	defer flush()
	done := make(chan bool)
	for _, ms := range []int{60, 20, 80, 40} {
		ms := ms
		go func() {
			time.Sleep(time.Duration(ms) * time.Millisecond)
			say(ms)
			done <- true
		}()
	}
	for i := 0; i < 4; i++ {
		<-done
	}
}
