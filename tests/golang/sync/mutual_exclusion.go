// Ten goroutines that yield in the critical section: none is in it with another.
package main

import (
	"fmt"
	"runtime"
	"sync"
)

func main() {
	var mu sync.Mutex
	var wg sync.WaitGroup
	inside, n := 0, 0
	for i := 0; i < 10; i++ {
		wg.Add(1)
		go func() {
			for k := 0; k < 50; k++ {
				mu.Lock()
				if inside++; inside > 1 {
					fmt.Println("two are inside")
				}
				if k%3 == 0 {
					runtime.Gosched()
				}
				n++
				inside--
				mu.Unlock()
			}
			wg.Done()
		}()
	}
	wg.Wait()
	fmt.Println(n)
}
