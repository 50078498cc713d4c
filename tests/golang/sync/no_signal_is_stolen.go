// A signal goes to who waited when it was given, not to who comes later.
package main

import (
	"fmt"
	"runtime"
	"sync"
)

func main() {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	woken := make(chan string, 2)
	go func() {
		mu.Lock()
		cond.Wait()
		woken <- "first"
		mu.Unlock()
	}()
	runtime.Gosched()
	mu.Lock()
	cond.Signal()
	go func() {
		mu.Lock()
		cond.Wait()
		woken <- "second"
		mu.Unlock()
	}()
	mu.Unlock()
	runtime.Gosched()
	runtime.Gosched()
	fmt.Println(len(woken), <-woken)
}
