// A case that sends to a closed channel is ready, and panics when it is taken.
package main

import "fmt"

func main() {
	a, b := make(chan int), make(chan int, 1)
	close(b)
	defer func() { fmt.Println(recover()) }()
	select {
	case <-a:
	case b <- 1:
	default:
	}
}
