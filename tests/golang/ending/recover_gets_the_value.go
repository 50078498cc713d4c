// Recover returns the value of the panic; the function returns to its caller, who goes on.
package main

import "fmt"

func f(v any) {
	defer func() { fmt.Println("recovered", recover()) }()
	panic(v)
}

func main() {
	f("text")
	f(42)
	f(nil)
	fmt.Println("main goes on")
}
