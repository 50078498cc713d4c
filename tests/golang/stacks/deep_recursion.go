// Recursion goes as deep as the stack may grow: a hundred thousand calls.
package main

import "fmt"

func depth(n int) int {
	if n == 0 {
		return 0
	}
	return 1 + depth(n-1)
}

func main() { fmt.Println(depth(100000)) }
