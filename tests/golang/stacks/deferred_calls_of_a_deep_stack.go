// Every frame of a deep stack runs its deferred call, the innermost first.
package main

import "fmt"

var order []int

func deep(n int) {
	defer func() { order = append(order, n) }()
	if n > 0 {
		deep(n - 1)
	}
}

func main() {
	deep(3000)
	fmt.Println(len(order), order[0], order[1], order[3000])
}
