// Two goroutines in endless conversation share one slice too, and do not starve who yielded.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	a, b := make(chan int), make(chan int)
	go func() {
		for v := range a {
			b <- v
		}
	}()
	go func() {
		for i := 0; ; i++ {
			a <- i
			<-b
		}
	}()
	for i := 0; i < 3; i++ {
		runtime.Gosched()
	}
	fmt.Println("main ran")
}
