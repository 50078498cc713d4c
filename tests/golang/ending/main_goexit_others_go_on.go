// After main left by Goexit the others go on, sleep, and end.
package main

import (
	"fmt"
	"runtime"
	"time"
)

func main() {
	for i := 1; i <= 3; i++ {
		i := i
		go func() {
			time.Sleep(time.Duration(i) * 60 * time.Millisecond)
			fmt.Println(i)
		}()
	}
	defer fmt.Println("main leaves")
	runtime.Goexit()
}
