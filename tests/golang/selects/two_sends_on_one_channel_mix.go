// A select between two sends on one channel takes both, now and then.
package main

import "fmt"

func main() {
	c := make(chan int, 1)
	counts := [2]int{}
	for i := 0; i < 200; i++ {
		select {
		case c <- 0:
		case c <- 1:
		}
		counts[<-c]++
	}
	fmt.Println(counts[0] > 0, counts[1] > 0)
}
