// The channels and values of all cases are evaluated once, in order, also when another case is taken.
package main

import "fmt"

func on(name string, c chan int) chan int {
	fmt.Println("channel", name)
	return c
}

func value(v int) int {
	fmt.Println("value", v)
	return v
}

func main() {
	ready := make(chan int, 1)
	select {
	case <-on("a", nil):
	case on("b", nil) <- value(1):
	case on("ready", ready) <- value(2):
	}
	select {
	case on("c", nil) <- value(3):
	case <-on("d", make(chan int)):
	default:
		fmt.Println("default")
	}
	fmt.Println(<-ready)
}
