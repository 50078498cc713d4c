// Deferred calls run in the reverse order when a function returns.
package main

import "fmt"

func f() {
	defer fmt.Println("first")
	defer fmt.Println("second")
	fmt.Println("body")
}

func main() {
	f()
	fmt.Println("main")
}
