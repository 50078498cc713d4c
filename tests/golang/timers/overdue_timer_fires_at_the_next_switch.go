// A timer that is overdue fires before the next goroutine runs, whoever that is.
package main

import (
	"fmt"
	"runtime"
	"time"
)

func main() {
	timer := time.NewTimer(time.Millisecond)
	slept := 0
	go func() {
		time.Sleep(time.Millisecond)
		slept = 1
	}()
	runtime.Gosched()
	for begin := time.Now(); time.Since(begin) < 5*time.Millisecond; {
	}
	runtime.Gosched()
	fmt.Println(len(timer.C), slept)
}
