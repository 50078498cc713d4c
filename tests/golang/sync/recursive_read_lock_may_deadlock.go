// A reader that reads again while a writer waits: a deadlock.
package main

import (
	"runtime"
	"sync"
)

func main() {
	var rw sync.RWMutex
	rw.RLock()
	go rw.Lock()
	runtime.Gosched()
	rw.RLock()
}
