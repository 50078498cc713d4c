// 23 workers take 2000 items from one channel and send them on: nothing is lost, nothing comes twice.
package main

import (
	"fmt"
	"runtime"
	"sync"
)

func main() {
	items, results := make(chan int, 17), make(chan int, 5)
	var wg sync.WaitGroup
	for i := 0; i < 23; i++ {
		wg.Add(1)
		go func() {
			for v := range items {
				if v%7 == 0 {
					runtime.Gosched()
				}
				results <- v
			}
			wg.Done()
		}()
	}
	go func() {
		for i := 0; i < 2000; i++ {
			items <- i
		}
		close(items)
		wg.Wait()
		close(results)
	}()
	count, sum := 0, 0
	for v := range results {
		count++
		sum += v
	}
	fmt.Println(count, sum)
}
