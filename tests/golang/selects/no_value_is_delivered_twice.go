// A sender selects among four channels, four goroutines forward to one: each value arrives once.
package main

import (
	"fmt"
	"sync"
)

func main() {
	c := [4]chan int{make(chan int), make(chan int), make(chan int), make(chan int)}
	go func() {
		for i := 0; i < 2000; i++ {
			select {
			case c[0] <- i:
			case c[1] <- i:
			case c[2] <- i:
			case c[3] <- i:
			}
		}
		for i := range c {
			close(c[i])
		}
	}()
	all := make(chan int)
	var wg sync.WaitGroup
	for i := range c {
		i := i
		wg.Add(1)
		go func() {
			for v := range c[i] {
				all <- v
			}
			wg.Done()
		}()
	}
	go func() {
		wg.Wait()
		close(all)
	}()
	seen := map[int]int{}
	for v := range all {
		seen[v]++
	}
	twice := 0
	for _, n := range seen {
		if n != 1 {
			twice++
		}
	}
	fmt.Println(len(seen), twice)
}
