// A stopped ticker ticks no more; its channel is not closed.
package main

import (
	"fmt"
	"time"
)

func main() {
	t := time.NewTicker(2 * time.Millisecond)
	<-t.C
	t.Stop()
	select {
	case _, ok := <-t.C:
		fmt.Println("got", ok)
	case <-time.After(10 * time.Millisecond):
		fmt.Println("silence")
	}
}
