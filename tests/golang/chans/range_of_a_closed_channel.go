// A range over a channel ends when it is closed and drained; over a closed empty one at once.
package main

import "fmt"

func main() {
	c := make(chan int, 3)
	c <- 1
	c <- 2
	close(c)
	for v := range c {
		fmt.Println(v)
	}
	for range c {
		fmt.Println("never")
	}
	fmt.Println("done")
}
