// A close wakes a parked select: a receive gets false, a send panics.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	a, b, c := make(chan int), make(chan int), make(chan int)
	done := make(chan bool)
	go func() {
		select {
		case <-a:
		case v, ok := <-b:
			fmt.Println(v, ok)
		}
		done <- true
	}()
	go func() {
		defer func() {
			fmt.Println(recover())
			done <- true
		}()
		select {
		case <-a:
		case c <- 1:
		}
	}()
	runtime.Gosched()
	close(b)
	<-done
	close(c)
	<-done
}
