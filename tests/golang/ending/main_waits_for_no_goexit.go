// Deferred calls of a Goexit are not those of a panic: main does not wait for them.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	go func() {
		defer func() {
			for i := 0; i < 20; i++ {
				runtime.Gosched()
			}
			fmt.Println("not reached")
		}()
		runtime.Goexit()
	}()
	runtime.Gosched()
	fmt.Println("main returns")
}
