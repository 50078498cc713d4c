// The three panics of channels are errors with Go's texts.
package main

import "fmt"

func try(f func()) {
	defer func() { fmt.Println(recover().(error)) }()
	f()
}

func main() {
	c := make(chan int)
	close(c)
	try(func() { c <- 1 })
	try(func() { close(c) })
	var none chan int
	try(func() { close(none) })
}
