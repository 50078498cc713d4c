// A dump of all has as many entries as NumGoroutine counts; who has ended is not among them.
package main

import (
	"fmt"
	"runtime"
	"strings"
)

func main() {
	c := make(chan int)
	for i := 0; i < 10; i++ {
		go func() { <-c }()
	}
	runtime.Gosched()
	for i := 0; i < 3; i++ {
		c <- i
	}
	runtime.Gosched()
	buf := make([]byte, 100000)
	dump := string(buf[:runtime.Stack(buf, true)])
	fmt.Println(runtime.NumGoroutine(), strings.Count(dump, "goroutine "), strings.Count(dump, "created by "))
}
