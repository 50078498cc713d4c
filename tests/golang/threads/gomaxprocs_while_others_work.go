// The table of Ps is resized again and again under goroutines that run: none is lost.
//
//check:alone
package main

import (
	"fmt"
	"runtime"
)

func main() {
	c := make(chan int)
	for i := 0; i < 10; i++ {
		i := i
		go func() {
			for k := 0; k < 20; k++ {
				runtime.Gosched()
			}
			c <- i
		}()
	}
	for i := 0; i < 10; i++ {
		runtime.GOMAXPROCS(i%3 + 1)
		runtime.Gosched()
	}
	sum := 0
	for i := 0; i < 10; i++ {
		sum += <-c
	}
	fmt.Println(sum)
}
