// One sender, several selecting receivers on a channel of two places: each item is received once.
package main

import "fmt"

func main() {
	c, d := make(chan int, 2), make(chan int, 2)
	got := make(chan int)
	for i := 0; i < 4; i++ {
		go func() {
			for {
				select {
				case v := <-c:
					got <- v
				case v := <-d:
					got <- v
				}
			}
		}()
	}
	go func() {
		for i := 0; i < 1000; i++ {
			if i%3 == 0 {
				d <- i
			} else {
				c <- i
			}
		}
	}()
	marks := [1000]int{}
	for i := 0; i < 1000; i++ {
		marks[<-got]++
	}
	for i, n := range marks {
		if n != 1 {
			fmt.Println(i, n)
		}
	}
	fmt.Println("done")
}
