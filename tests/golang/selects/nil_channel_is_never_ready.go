// A case of the nil channel is never taken.
package main

import "fmt"

func main() {
	var none chan int
	c := make(chan int, 1)
	c <- 1
	select {
	case <-none:
		fmt.Println("received from nil")
	case none <- 1:
		fmt.Println("sent to nil")
	case v := <-c:
		fmt.Println("got", v)
	}
	select {
	case <-none:
		fmt.Println("received from nil")
	case none <- 1:
		fmt.Println("sent to nil")
	default:
		fmt.Println("default")
	}
}
