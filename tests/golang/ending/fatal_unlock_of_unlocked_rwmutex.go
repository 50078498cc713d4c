// The unlock of an RWMutex that no writer holds is fatal.
package main

import "sync"

func main() {
	var rw sync.RWMutex
	rw.RLock()
	rw.Unlock()
}
