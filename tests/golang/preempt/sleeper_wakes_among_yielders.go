// Goroutines that yield for ever do not hold up one that sleeps.
package main

import (
	"fmt"
	"runtime"
	"time"
)

func main() {
	for i := 0; i < 3; i++ {
		go func() {
			for {
				runtime.Gosched()
			}
		}()
	}
	time.Sleep(10 * time.Millisecond)
	fmt.Println("main woke")
}
