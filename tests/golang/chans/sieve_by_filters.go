// The primes below 100, by a chain of filters that grows.
package main

import "fmt"

func filter(from, to chan int, prime int) {
	for i := range from {
		if i%prime != 0 {
			to <- i
		}
	}
	close(to)
}

func main() {
	numbers := make(chan int)
	go func(c chan int) {
		for i := 2; i < 100; i++ {
			c <- i
		}
		close(c)
	}(numbers)
	for {
		prime, ok := <-numbers
		if !ok {
			return
		}
		fmt.Println(prime)
		rest := make(chan int)
		go filter(numbers, rest, prime)
		numbers = rest
	}
}
