// Panics inside of deferred calls of panics, each recovered where it was raised: the first one goes on.
package main

import "fmt"

func inner() {
	defer func() { fmt.Println("recovered", recover()) }()
	panic("inner")
}

func middle() {
	defer inner()
	defer func() {
		fmt.Println("recovered", recover())
		inner()
	}()
	panic("middle")
}

func main() {
	defer middle()
	defer inner()
	panic("outer")
}
