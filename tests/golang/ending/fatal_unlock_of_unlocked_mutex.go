// The unlock of an unlocked Mutex is fatal: it cannot be recovered, and runs no deferred calls.
package main

import (
	"fmt"
	"sync"
)

func main() {
	defer fmt.Println("never")
	defer func() { fmt.Println(recover()) }()
	var mu sync.Mutex
	mu.Lock()
	mu.Unlock()
	mu.Unlock()
}
