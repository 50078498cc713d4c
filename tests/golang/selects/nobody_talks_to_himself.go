// Two goroutines that each send and receive on one channel in a select never get their own value.
package main

import "fmt"

func main() {
	c := make(chan int)
	results := make(chan bool)
	for p := 0; p < 2; p++ {
		p := p
		go func() {
			own := false
			for i := 0; i < 500; i++ {
				select {
				case v := <-c:
					own = own || v == p
				case c <- p:
				}
			}
			results <- own
		}()
	}
	fmt.Println(<-results, <-results)
}
