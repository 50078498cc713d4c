// Factorials in unary numbers, by recursion only.
package main

import "fmt"

type number *number

func add(x, y number) number {
	if y == nil {
		return x
	}
	n := add(x, *y)
	return &n
}

func multiply(x, y number) number {
	if y == nil {
		return nil
	}
	return add(multiply(x, *y), x)
}

func factorial(n number) number {
	if n == nil {
		var zero number
		return &zero
	}
	return multiply(n, factorial(*n))
}

func count(x number) int {
	if x == nil {
		return 0
	}
	return count(*x) + 1
}

func main() {
	var n number
	for i := 0; i < 7; i++ {
		m := n
		fmt.Println(i, count(factorial(n)))
		n = &m
	}
}
