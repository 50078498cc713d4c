// A buffered channel keeps the order of what is sent.
package main

import "fmt"

func main() {
	c := make(chan int, 10)
	for i := 0; i < 10; i++ {
		c <- i
	}
	for i := 0; i < 10; i++ {
		if v := <-c; v != i {
			fmt.Println("got", v, "for", i)
		}
	}
	fmt.Println("in order")
}
