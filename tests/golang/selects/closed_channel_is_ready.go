// To receive from a closed channel is always ready, with the zero value and false.
package main

import "fmt"

func main() {
	a, b := make(chan int), make(chan int)
	close(b)
	for i := 0; i < 3; i++ {
		select {
		case <-a:
			fmt.Println("a")
		case v, ok := <-b:
			fmt.Println("b", v, ok)
		}
	}
}
