// Goroutines that ready each other by turns share one slice: who stands in the queue behind them gets its turn,
// though neither of the two is ever cut in a loop of its own.
package main

import (
	"fmt"
	"time"
)

func main() {
	ping, pong := make(chan bool), make(chan bool)
	stop := false
	go func() {
		for range ping {
			pong <- true
		}
	}()
	go func() {
		for !stop {
			ping <- true
			<-pong
		}
		close(pong)
	}()
	begin := time.Now()
	got := make(chan int, 3)
	for i := 0; i < 3; i++ {
		i := i
		go func() { got <- i }()
	}
	time.Sleep(time.Millisecond)
	a, b, c := <-got, <-got, <-got
	stop = true
	fmt.Println(a, b, c, time.Since(begin) < time.Second)
}
