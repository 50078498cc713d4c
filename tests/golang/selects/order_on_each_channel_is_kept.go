// Four senders, four channels, selecting receivers: every value once, in order on each channel.
package main

import "fmt"

func main() {
	c := [4]chan int{make(chan int, 2), make(chan int), make(chan int, 5), make(chan int)}
	for i := range c {
		c := c[i]
		go func() {
			for v := 0; v < 300; v++ {
				c <- v
			}
			c <- -1
		}()
	}
	next, open := [4]int{}, 4
	for open > 0 {
		var i, v int
		select {
		case v = <-c[0]:
			i = 0
		case v = <-c[1]:
			i = 1
		case v = <-c[2]:
			i = 2
		case v = <-c[3]:
			i = 3
		}
		if v == -1 {
			open--
			continue
		}
		if v != next[i] {
			fmt.Println("out of order", i, v)
		}
		next[i]++
	}
	fmt.Println(next)
}
