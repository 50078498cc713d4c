// A wired goroutine that polls with a default case and yields sees what is sent later.
package main

import (
	"fmt"
	"runtime"
	"time"
)

func main() {
	c := make(chan bool)
	go func() {
		runtime.LockOSThread()
		for {
			select {
			case <-c:
				fmt.Println("seen")
				c <- true
				return
			default:
				runtime.Gosched()
			}
		}
	}()
	time.Sleep(2 * time.Millisecond)
	c <- true
	<-c
}
