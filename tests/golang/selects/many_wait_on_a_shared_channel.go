// A thousand goroutines wait on one shared and one private channel each; each is woken by its own.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	const n = 1000
	shared, done := make(chan int), make(chan int)
	private := make([]chan int, n)
	for i := range private {
		c := make(chan int)
		private[i] = c
		go func() {
			select {
			case <-shared:
				done <- 1000000
			case v := <-c:
				done <- v
			}
		}()
	}
	runtime.Gosched()
	sum := 0
	for i := range private {
		private[i] <- i
		sum += <-done
	}
	fmt.Println(sum)
}
