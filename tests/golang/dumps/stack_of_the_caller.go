// Stack without all is the caller's: it is running, and it is number 1 in main.
package main

import (
	"fmt"
	"runtime"
	"strings"
)

func main() {
	go func() { select {} }()
	runtime.Gosched()
	buf := make([]byte, 10000)
	for _, line := range strings.Split(string(buf[:runtime.Stack(buf, false)]), "\n") {
		if strings.HasPrefix(line, "goroutine ") || strings.HasPrefix(line, "created by ") {
			fmt.Println(line)
		}
	}
}
