// A select that could only meet itself waits for ever.
package main

import "fmt"

func main() {
	c := make(chan int)
	select {
	case c <- 1:
		fmt.Println("sent")
	case <-c:
		fmt.Println("received")
	}
}
