// Of several cases the one that is ready is taken, wherever it stands.
package main

import "fmt"

func main() {
	a, b := make(chan int), make(chan int, 1)
	for i := 0; i < 3; i++ {
		b <- i
		select {
		case v := <-a:
			fmt.Println("a", v)
		case v, ok := <-b:
			fmt.Println("b", v, ok)
		}
		select {
		case b <- i:
			fmt.Println("sent")
		case <-a:
			fmt.Println("a")
		}
		<-b
	}
}
