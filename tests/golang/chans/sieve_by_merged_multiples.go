// The primes below 60, as what is missing in the merged multiples of the primes found so far.
package main

import "fmt"

func multiples(prime int) chan int {
	c := make(chan int)
	go func() {
		for i := prime * prime; ; i += prime {
			c <- i
		}
	}()
	return c
}

func main() {
	heads := map[chan int]int{}
	for n := 2; n < 60; n++ {
		composite := false
		for c, head := range heads {
			for head < n {
				head = <-c
			}
			heads[c] = head
			composite = composite || head == n
		}
		if !composite {
			fmt.Println(n)
			c := multiples(n)
			heads[c] = <-c
		}
	}
}
