// While the first call of Once is at work the others wait for its end.
package main

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// Lines are printed at the end: a write is a system call, and would let others run in between.
var out strings.Builder

func say(words ...any) { fmt.Fprintln(&out, words...) }
func flush()           { fmt.Print(out.String()) }

func main() {
	defer flush()
	var once sync.Once
	var wg sync.WaitGroup
	for i := 0; i < 3; i++ {
		i := i
		wg.Add(1)
		go func() {
			once.Do(func() {
				say("begins", i)
				time.Sleep(2 * time.Millisecond)
				say("ends", i)
			})
			say("after", i)
			wg.Done()
		}()
	}
	wg.Wait()
}
