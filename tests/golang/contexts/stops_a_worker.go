// A worker that selects between its work and Done ends when the context is cancelled.
package main

import (
	"context"
	"fmt"
)

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	work, ended := make(chan int), make(chan int)
	go func() {
		sum := 0
		for {
			select {
			case v := <-work:
				sum += v
			case <-ctx.Done():
				ended <- sum
				return
			}
		}
	}()
	for i := 0; i < 10; i++ {
		work <- i
	}
	cancel()
	fmt.Println(<-ended)
}
