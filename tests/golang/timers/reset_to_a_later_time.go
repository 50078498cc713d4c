// A timer that is set to a later time fires then, and not when it was set to at first.
package main

import (
	"fmt"
	"time"
)

func main() {
	t := time.NewTimer(2 * time.Millisecond)
	t.Reset(200 * time.Millisecond)
	select {
	case <-t.C:
		fmt.Println("too early")
	case <-time.After(20 * time.Millisecond):
		fmt.Println("not yet")
	}
	<-t.C
	fmt.Println("fired")
}
