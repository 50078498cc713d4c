// A wired goroutine that waits does not hide a deadlock.
package main

import (
	"runtime"
	"sync"
)

func main() {
	c := make(chan int)
	go func() {
		runtime.LockOSThread()
		<-c
	}()
	runtime.Gosched()
	var mu sync.Mutex
	mu.Lock()
	mu.Lock()
}
