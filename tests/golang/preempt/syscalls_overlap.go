// Threads in blocking calls do not count against GOMAXPROCS: six calls of 50 ms take far less than 300 ms.
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
			pause := syscall.NsecToTimespec(50e6)
			syscall.Nanosleep(&pause, nil)
			wg.Done()
		}()
	}
	wg.Wait()
	fmt.Println(time.Since(start) < 200*time.Millisecond)
}
