// A batch that comes from the global queue stands in the ring: what is started next overtakes it.
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
	for _, name := range []string{"a", "b", "c"} {
		name := name
		go func() {
			runtime.Gosched()
			say(name)
			go say(name + "'s child")
			runtime.Gosched()
			say(name + " again")
		}()
	}
	for i := 0; i < 4; i++ {
		runtime.Gosched()
		say("main")
	}
}
