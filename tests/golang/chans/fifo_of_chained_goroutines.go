// Senders that start each other over unbuffered channels deliver in the order of the chain.
package main

import "fmt"

func main() {
	c := make(chan int)
	before := make(chan bool, 1)
	before <- true
	for i := 0; i < 10; i++ {
		i, turn, next := i, before, make(chan bool, 1)
		go func() {
			<-turn
			c <- i
			next <- true
		}()
		before = next
	}
	for i := 0; i < 10; i++ {
		fmt.Println(<-c)
	}
}
