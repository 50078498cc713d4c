// A pair of goroutines that computes between messages, and one that does not, share a P within a factor of 20.
package main

import (
	"fmt"
	"time"
)

func main() {
	heavy, light := make(chan int), make(chan int)
	counts := [2]int{}
	pair := func(c chan int, which, work int) {
		back := make(chan int)
		go func() {
			for v := range c {
				back <- v
			}
		}()
		for {
			for i := 0; i < work; i++ {
				counts[which]++
			}
			c <- 0
			<-back
			counts[which]++
		}
	}
	go pair(heavy, 0, 10000)
	go pair(light, 1, 0)
	time.Sleep(300 * time.Millisecond)
	fmt.Println(counts[0] > 0, counts[1] > 0)
}
