// Who reads slowly loses ticks: at most one is pending.
package main

import (
	"fmt"
	"time"
)

func main() {
	t := time.NewTicker(2 * time.Millisecond)
	time.Sleep(15 * time.Millisecond)
	fmt.Println(len(t.C), cap(t.C))
	t.Stop()
	<-t.C
	select {
	case <-t.C:
		fmt.Println("another")
	default:
		fmt.Println("one")
	}
}
