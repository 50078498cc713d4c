// A thousand goroutines sleep at the same time, and all wake.
package main

import (
	"fmt"
	"sync"
	"time"
)

func main() {
	start := time.Now()
	var wg sync.WaitGroup
	for i := 0; i < 1000; i++ {
		i := i
		wg.Add(1)
		go func() {
			time.Sleep(time.Duration(i%10+1) * time.Millisecond)
			wg.Done()
		}()
	}
	wg.Wait()
	fmt.Println(time.Since(start) < time.Second)
}
