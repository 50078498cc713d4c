// A wired goroutine yields, sleeps, and ends without unlocking.
package main

import (
	"fmt"
	"runtime"
	"time"
)

func main() {
	done := make(chan bool)
	go func() {
		runtime.LockOSThread()
		for i := 0; i < 5; i++ {
			runtime.Gosched()
			time.Sleep(time.Millisecond)
		}
		done <- true
	}()
	<-done
	fmt.Println("done")
}
