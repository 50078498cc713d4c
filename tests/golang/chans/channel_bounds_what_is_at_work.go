// A buffered channel as a semaphore: never more than its size are at work.
package main

import (
	"fmt"
	"time"
)

func main() {
	slots, done := make(chan bool, 3), make(chan bool)
	working, most := 0, 0
	for i := 0; i < 10; i++ {
		go func() {
			slots <- true
			if working++; working > most {
				most = working
			}
			time.Sleep(time.Millisecond)
			working--
			<-slots
			done <- true
		}()
	}
	for i := 0; i < 10; i++ {
		<-done
	}
	fmt.Println(most)
}
