// Ps come and go under goroutines that compute, talk and wait: what waits on a P that goes is lost to nobody.
//
//check:alone
package main

import (
	"fmt"
	"runtime"
)

func main() {
	results := make(chan int)
	for i := 0; i < 40; i++ {
		i := i
		go func() {
			own := make(chan int, 1)
			sum := 0
			for k := 0; k < 25; k++ {
				own <- i * k
				runtime.Gosched()
				sum += <-own
			}
			results <- sum
		}()
	}
	seen := []int{}
	for _, n := range []int{4, 1, 3, 2, 1, 4, 1} {
		seen = append(seen, runtime.GOMAXPROCS(n))
		runtime.Gosched()
	}
	sum := 0
	for i := 0; i < 40; i++ {
		sum += <-results
	}
	fmt.Println(seen, runtime.GOMAXPROCS(0), sum)
}
