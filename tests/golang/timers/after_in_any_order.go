// Timers that are set in any order fire in the order of their times.
package main

import (
	"fmt"
	"time"
)

func main() {
	done := make(chan int)
	for _, slot := range []int{5, 3, 6, 1, 4, 2} {
		slot := slot
		go func() {
			<-time.After(time.Duration(slot) * 20 * time.Millisecond)
			done <- slot
		}()
	}
	for i := 0; i < 6; i++ {
		fmt.Println(<-done)
	}
}
