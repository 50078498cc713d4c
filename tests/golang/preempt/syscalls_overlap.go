// Threads in blocking calls do not count against GOMAXPROCS: six calls of 100 ms take far less than 600 ms.
package main

import (
	"fmt"
	"sync"
	"syscall"
	"time"
)

func main() {
	start := time.Now()
	var wg sync.WaitGroup
	for i := 0; i < 6; i++ {
		wg.Add(1)
		go func() {
			pause := syscall.NsecToTimespec(100e6)
			syscall.Nanosleep(&pause, nil)
			wg.Done()
		}()
	}
	wg.Wait()
	fmt.Println(time.Since(start) < 400*time.Millisecond)
}
