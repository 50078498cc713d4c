// A channel that went through a channel is the same channel; two channels differ, even if both are empty.
package main

import "fmt"

func main() {
	a, b := make(chan int, 1), make(chan int, 1)
	through := make(chan chan int, 1)
	through <- a
	same := <-through
	fmt.Println(same == a, same == b, a != b)
	same <- 7
	fmt.Println(len(a), <-a)
}
