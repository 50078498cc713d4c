// Direct and selecting senders and receivers in all arrangements, four sizes of buffers: exact sums.
package main

import "fmt"

func main() {
	for _, size := range []int{0, 1, 10, 100} {
		for arrangement := 0; arrangement < 4; arrangement++ {
			a, b := make(chan int, size), make(chan int, size)
			sums := make(chan int)
			if arrangement&1 == 0 {
				go func() {
					for i := 0; i < 100; i++ {
						a <- i
						b <- 1000 * i
					}
				}()
			} else {
				go func() {
					for i, k := 0, 0; i < 100 || k < 100; {
						x, y := a, b
						if i == 100 {
							x = nil
						}
						if k == 100 {
							y = nil
						}
						select {
						case x <- i:
							i++
						case y <- 1000 * k:
							k++
						}
					}
				}()
			}
			if arrangement&2 == 0 {
				take := func(c chan int) {
					sum := 0
					for i := 0; i < 100; i++ {
						sum += <-c
					}
					sums <- sum
				}
				go take(a)
				go take(b)
				fmt.Println(size, arrangement, <-sums+<-sums)
			} else {
				sum := 0
				for i := 0; i < 200; i++ {
					select {
					case v := <-a:
						sum += v
					case v := <-b:
						sum += v
					}
				}
				fmt.Println(size, arrangement, sum)
			}
		}
	}
}
