// Functions whose timers are stopped in time never run; those that ran were not stopped.
package main

import (
	"fmt"
	"sync"
	"time"
)

func main() {
	var wg sync.WaitGroup
	ran, stopped := 0, 0
	for i := 0; i < 100; i++ {
		wg.Add(1)
		t := time.AfterFunc(time.Duration(i%2)*time.Hour, func() {
			ran++
			wg.Done()
		})
		time.Sleep(50 * time.Microsecond)
		if t.Stop() {
			stopped++
			wg.Done()
		}
	}
	wg.Wait()
	fmt.Println(ran+stopped, stopped >= 50)
}
