// The default case is taken when no other is ready, and only then.
package main

import "fmt"

func main() {
	c := make(chan int, 1)
	for i := 0; i < 3; i++ {
		select {
		case c <- i:
			fmt.Println("sent", i)
		default:
			fmt.Println("full")
		}
	}
	for i := 0; i < 3; i++ {
		select {
		case v, ok := <-c:
			fmt.Println("got", v, ok)
		default:
			fmt.Println("empty")
		}
		if i == 1 {
			close(c)
		}
	}
}
