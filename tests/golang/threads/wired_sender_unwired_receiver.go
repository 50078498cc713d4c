// A wired goroutine hands values to one that is not.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	c := make(chan int)
	go func() {
		runtime.LockOSThread()
		for i := 0; i < 10; i++ {
			c <- i
		}
		runtime.UnlockOSThread()
		close(c)
	}()
	for v := range c {
		fmt.Println(v)
	}
}
