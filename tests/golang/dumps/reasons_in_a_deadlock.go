// What goroutines wait for, in a dump of all: channels, select, locks, conditions, groups.
package main

import (
	"runtime"
	"sync"
)

func main() {
	c, full, mu := make(chan int), make(chan int, 1), &sync.Mutex{}
	var none chan int
	var wg sync.WaitGroup
	var rw sync.RWMutex
	full <- 0
	wg.Add(1)
	mu.Lock()
	rw.RLock()
	cond := sync.NewCond(&sync.Mutex{})
	for _, f := range []func(){
		func() { <-c },
		func() { full <- 1 },
		func() { <-none },
		func() { none <- 1 },
		func() { select {} },
		func() {
			select {
			case <-c:
			case full <- 2:
			}
		},
		func() {
			for range c {
			}
		},
		mu.Lock, wg.Wait, rw.Lock, rw.RLock,
		func() { cond.L.Lock(); cond.Wait() },
	} {
		go f()
		runtime.Gosched()
	}
	wg.Wait()
}
