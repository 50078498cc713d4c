// Each way to receive meets each way to send: direct, in a select, in a loop with a default.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	receives := []func(c chan int) int{
		func(c chan int) int { return <-c },
		func(c chan int) int {
			select {
			case v := <-c:
				return v
			case <-make(chan int):
				return -1
			}
		},
		func(c chan int) int {
			for {
				select {
				case v := <-c:
					return v
				default:
					runtime.Gosched()
				}
			}
		},
	}
	sends := []func(c chan int, v int){
		func(c chan int, v int) { c <- v },
		func(c chan int, v int) {
			select {
			case c <- v:
			case <-make(chan int):
			}
		},
		func(c chan int, v int) {
			for {
				select {
				case c <- v:
					return
				default:
					runtime.Gosched()
				}
			}
		},
	}
	for r, receive := range receives {
		for s, send := range sends {
			c := make(chan int, 1)
			if r != 2 || s != 2 {
				c = make(chan int) // two that only try never meet without a buffer
			}
			go send(c, 10*r+s)
			fmt.Println(receive(c))
		}
	}
}
