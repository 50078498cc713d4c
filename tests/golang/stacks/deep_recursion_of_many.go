// Each goroutine has a stack of its own: ten of them are deep at the same time.
package main

import "fmt"

func depth(n int, bottom chan bool, back chan int) int {
	if n == 0 {
		bottom <- true
		return <-back
	}
	return 1 + depth(n-1, bottom, back)
}

func main() {
	bottom, back, results := make(chan bool), make(chan int), make(chan int)
	for i := 0; i < 10; i++ {
		go func() { results <- depth(2000, bottom, back) }()
	}
	for i := 0; i < 10; i++ {
		<-bottom
	}
	sum := 0
	for i := 0; i < 10; i++ {
		back <- 0
		sum += <-results
	}
	fmt.Println(sum)
}
