// The goroutine of an AfterFunc was made by the timers themselves.
package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

func main() {
	c := make(chan string)
	time.AfterFunc(time.Millisecond, func() {
		buf := make([]byte, 10000)
		c <- string(buf[:runtime.Stack(buf, false)])
	})
	for _, line := range strings.Split(<-c, "\n") {
		if strings.HasPrefix(line, "created by ") {
			fmt.Println(line)
		}
	}
}
