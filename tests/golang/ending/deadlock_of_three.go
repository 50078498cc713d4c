// A deadlock of several goroutines shows all of them, main first, and what each waits for.
package main

import (
	"runtime"
	"sync"
)

func main() {
	a, b := make(chan int), make(chan int)
	go func() { <-a }()
	runtime.Gosched()
	go func() { b <- 1 }()
	runtime.Gosched()
	var mu sync.Mutex
	mu.Lock()
	mu.Lock()
}
