// The first terms of a product and a sum of power series, each a channel of coefficients.
package main

import "fmt"

func series(coefficient func(i int) int) chan int {
	c := make(chan int)
	go func() {
		for i := 0; ; i++ {
			c <- coefficient(i)
		}
	}()
	return c
}

func split(s chan int) (chan int, chan int) {
	a, b := make(chan int, 50), make(chan int, 50)
	go func() {
		for v := range s {
			a <- v
			b <- v
		}
	}()
	return a, b
}

func add(s, t chan int) chan int {
	return series(func(int) int { return <-s + <-t })
}

func multiply(s, t chan int) chan int {
	var f, g []int
	return series(func(n int) int {
		f, g = append(f, <-s), append(g, <-t)
		sum := 0
		for i := 0; i <= n; i++ {
			sum += f[i] * g[n-i]
		}
		return sum
	})
}

func main() {
	ones, more := split(series(func(int) int { return 1 }))
	squares, again := split(multiply(ones, more))
	cubes := multiply(again, series(func(i int) int { return 1 - i%2*2 }))
	total := add(squares, cubes)
	for i := 0; i < 10; i++ {
		fmt.Println(<-total)
	}
}
