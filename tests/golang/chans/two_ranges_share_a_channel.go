// Two goroutines that range over one channel get each value once.
package main

import "fmt"

func main() {
	c, sums := make(chan int), make(chan int)
	for i := 0; i < 2; i++ {
		go func() {
			sum := 0
			for v := range c {
				sum += v
			}
			sums <- sum
		}()
	}
	for i := 1; i <= 100; i++ {
		c <- i
	}
	close(c)
	fmt.Println(<-sums + <-sums)
}
