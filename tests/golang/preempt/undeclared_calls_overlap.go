// Nobody need say that a call will block: sysmon retakes the P of the one that does, and four calls of 200 ms
// take far less than 800 ms.
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
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() {
			pause := syscall.NsecToTimespec(200e6)
			syscall.Nanosleep(&pause, nil)
			wg.Done()
		}()
	}
	wg.Wait()
	fmt.Println(time.Since(start) < 700*time.Millisecond)
}
