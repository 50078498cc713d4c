// Who comes back from a call that blocked gets its turn beside one that never yields, and that one goes on, too.
package main

import (
	"fmt"
	"syscall"
	"time"
)

func main() {
	back := make(chan int, 3)
	for i := 0; i < 3; i++ {
		i := i
		go func() {
			pause := syscall.NsecToTimespec(int64(i+1) * 60e6)
			syscall.Nanosleep(&pause, nil)
			back <- i
		}()
	}
	end := make(chan int)
	go func() {
		n := 0
		for len(back) < 3 {
			n++
		}
		end <- n
	}()
	before := time.Now()
	fmt.Println(<-end > 0, time.Since(before) < 2*time.Second)
	fmt.Println(<-back, <-back, <-back)
}
