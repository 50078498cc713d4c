// A panic passes through a deep stack, and can be recovered at its bottom.
package main

import "fmt"

func deep(n int) {
	if n == 0 {
		panic("deep")
	}
	deep(n - 1)
}

func main() {
	defer func() { fmt.Println("recovered", recover()) }()
	deep(10000)
}
