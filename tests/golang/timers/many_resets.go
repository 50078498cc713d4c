// A hundred timers are set to other times again and again, at last to an early one: all fire.
package main

import (
	"fmt"
	"runtime"
	"sync"
	"time"
)

func main() {
	var wg sync.WaitGroup
	for i := 0; i < 100; i++ {
		i := i
		wg.Add(1)
		go func() {
			t := time.NewTimer(time.Hour)
			for k := 0; k < 20; k++ {
				t.Reset(time.Duration((i*7+k*13)%50+20) * time.Second)
				if k%5 == 0 {
					runtime.Gosched()
				}
			}
			t.Reset(time.Millisecond)
			<-t.C
			wg.Done()
		}()
	}
	wg.Wait()
	fmt.Println("done")
}
