// The method that adds one, starts a goroutine, and counts it down when it ends.
package main

import (
	"fmt"
	"strings"
	"sync"
)

// Lines are printed at the end: a write is a system call, and would let others run in between.
var out strings.Builder

func say(words ...any) { fmt.Fprintln(&out, words...) }
func flush()           { fmt.Print(out.String()) }

type group struct{ sync.WaitGroup }

func (g *group) Go(f func()) {
	g.Add(1)
	go func() {
		defer g.Done()
		f()
	}()
}

func main() {
	defer flush()
	var wg group
	for i := 0; i < 4; i++ {
		i := i
		wg.Go(func() { say(i) })
	}
	say("main")
	wg.Wait()
	say("all done")
}
