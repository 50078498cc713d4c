// The channel of After gets one value, in time, and is not closed.
package main

import (
	"fmt"
	"time"
)

func main() {
	start := time.Now()
	c := time.After(3 * time.Millisecond)
	_, ok := <-c
	fmt.Println(ok, time.Since(start) >= 3*time.Millisecond, len(c), cap(c))
	select {
	case <-c:
		fmt.Println("again")
	case <-time.After(10 * time.Millisecond):
		fmt.Println("once")
	}
}
