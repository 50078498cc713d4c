// A goroutine that computes without end gives way to others after its slice of 10 ms.
package main

import (
	"fmt"
	"runtime"
	"sync/atomic"
)

func main() {
	done := make(chan bool)
	var flag int32
	go func() {
		for atomic.LoadInt32(&flag) == 0 {
		}
		fmt.Println("saw the flag")
		done <- true
	}()
	runtime.Gosched()
	atomic.StoreInt32(&flag, 1)
	<-done
}
