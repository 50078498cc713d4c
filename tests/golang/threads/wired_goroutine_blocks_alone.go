// A goroutine that has locked its thread blocks in the kernel: others run, and it comes back to its thread.
package main

import (
	"fmt"
	"runtime"
	"syscall"
)

func main() {
	back := make(chan bool)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		before := syscall.Gettid()
		pause := syscall.NsecToTimespec(100e6)
		syscall.Nanosleep(&pause, nil)
		back <- syscall.Gettid() == before
	}()
	runtime.Gosched()
	turns := 0
	for {
		select {
		case same := <-back:
			fmt.Println(same, turns > 0)
			return
		default:
			turns++
			runtime.Gosched()
		}
	}
}
