// NumGoroutine counts those that are started and have not ended, main included.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	fmt.Println(runtime.NumGoroutine())
	c := make(chan int)
	for i := 0; i < 3; i++ {
		go func() { <-c }()
	}
	fmt.Println(runtime.NumGoroutine())
	runtime.Gosched()
	fmt.Println(runtime.NumGoroutine())
	c <- 0
	runtime.Gosched()
	fmt.Println(runtime.NumGoroutine())
	close(c)
	for runtime.NumGoroutine() > 1 {
		runtime.Gosched()
	}
	fmt.Println(runtime.NumGoroutine())
}
