// A count below zero, and Add while the waiters of before have not left: both panic.
package main

import (
	"fmt"
	"runtime"
	"sync"
)

func try(f func()) {
	defer func() { fmt.Println(recover()) }()
	f()
}

func main() {
	var wg, reused sync.WaitGroup
	wg.Add(1)
	try(func() { wg.Add(-2) })
	reused.Add(1)
	done := make(chan bool)
	go func() {
		try(reused.Wait)
		done <- true
	}()
	runtime.Gosched()
	reused.Done()
	reused.Add(1)
	<-done
}
