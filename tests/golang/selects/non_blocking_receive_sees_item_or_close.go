// One item is buffered, then the channel is closed: whoever only tries never finds nothing.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	nothing := 0
	for i := 0; i < 200; i++ {
		c := make(chan int, 1)
		c <- 1
		go func() { <-c }()
		close(c)
		if i%2 == 0 {
			runtime.Gosched()
		}
		select {
		case <-c:
		default:
			nothing++
		}
	}
	fmt.Println(nothing)
}
