// The dump of a goroutine ends with the function that started it.
package main

import (
	"fmt"
	"runtime"
	"strings"
)

func creator(c chan string) {
	go func() {
		buf := make([]byte, 10000)
		c <- string(buf[:runtime.Stack(buf, false)])
	}()
}

func main() {
	c := make(chan string)
	creator(c)
	for _, line := range strings.Split(<-c, "\n") {
		if strings.HasPrefix(line, "created by ") {
			fmt.Println(line)
		}
	}
}
