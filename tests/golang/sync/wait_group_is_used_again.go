// A WaitGroup may be used again when all have left Wait.
package main

import (
	"fmt"
	"sync"
)

func main() {
	var wg sync.WaitGroup
	for round := 0; round < 3; round++ {
		sum := 0
		for i := 0; i < 5; i++ {
			i := i
			wg.Add(1)
			go func() {
				defer wg.Done()
				sum += i
			}()
		}
		wg.Wait()
		fmt.Println(round, sum)
	}
}
