// A chain of ten thousand goroutines passes one value on, each adding one.
package main

import "fmt"

func main() {
	leftmost := make(chan int)
	left := leftmost
	for i := 0; i < 10000; i++ {
		right := make(chan int)
		go func(left, right chan int) { left <- 1 + <-right }(left, right)
		left = right
	}
	left <- 0
	fmt.Println(<-leftmost)
}
