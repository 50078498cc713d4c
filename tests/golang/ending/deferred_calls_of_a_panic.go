// A panic runs deferred calls from the innermost outwards, and then ends the program.
package main

import "fmt"

func inner() {
	defer fmt.Println("inner")
	panic("oops")
}

func main() {
	defer fmt.Println("outer")
	inner()
	fmt.Println("never")
}
