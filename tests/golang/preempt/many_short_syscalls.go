// Goroutines that make short blocking calls in a loop all end when they are told to.
package main

import (
	"fmt"
	"sync"
	"syscall"
	"time"
)

func main() {
	stop := make(chan bool)
	var wg sync.WaitGroup
	for i := 1; i <= 8; i++ {
		i := i
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				select {
				case <-stop:
					return
				default:
					pause := syscall.NsecToTimespec(int64(i) * 1e5)
					syscall.Nanosleep(&pause, nil)
				}
			}
		}()
	}
	time.Sleep(20 * time.Millisecond)
	close(stop)
	wg.Wait()
	fmt.Println("all ended")
}
