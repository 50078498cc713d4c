// A case is switched off by setting its channel to nil: two inputs are merged until both are closed.
package main

import "fmt"

func main() {
	a, b := make(chan int, 3), make(chan int, 3)
	for i := 0; i < 3; i++ {
		a <- i
		b <- 10 * i
	}
	close(a)
	close(b)
	sum := 0
	for a != nil || b != nil {
		select {
		case v, ok := <-a:
			if sum += v; !ok {
				a = nil
			}
		case v, ok := <-b:
			if sum += v; !ok {
				b = nil
			}
		}
	}
	fmt.Println(sum)
}
