// Among cases that are always ready each is taken about as often.
package main

import "fmt"

func main() {
	c := [4]chan int{}
	for i := range c {
		c[i] = make(chan int)
		close(c[i])
	}
	counts := [4]int{}
	for i := 0; i < 10000; i++ {
		select {
		case <-c[0]:
			counts[0]++
		case <-c[1]:
			counts[1]++
		case <-c[2]:
			counts[2]++
		case <-c[3]:
			counts[3]++
		}
	}
	for _, n := range counts {
		fmt.Println(n > 2200 && n < 2800)
	}
}
