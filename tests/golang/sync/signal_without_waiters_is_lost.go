// A signal that nobody waits for is lost; it may be given without the lock.
package main

import "sync"

func main() {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	cond.Signal()
	cond.Broadcast()
	mu.Lock()
	cond.Wait()
}
