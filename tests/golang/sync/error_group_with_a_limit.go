// An error group with a limit has never more goroutines at work.
package main

import (
	"fmt"
	"sync"
	"time"
)

func main() {
	slots := make(chan bool, 2)
	var wg sync.WaitGroup
	working, most := 0, 0
	for i := 0; i < 8; i++ {
		wg.Add(1)
		slots <- true
		go func() {
			defer wg.Done()
			if working++; working > most {
				most = working
			}
			time.Sleep(time.Millisecond)
			working--
			<-slots
		}()
	}
	wg.Wait()
	fmt.Println(most)
}
