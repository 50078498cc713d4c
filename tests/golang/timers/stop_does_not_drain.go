// A timer that fired before it is stopped leaves its value in the channel, which has one place.
package main

import (
	"fmt"
	"time"
)

func main() {
	t := time.NewTimer(time.Millisecond)
	time.Sleep(4 * time.Millisecond)
	fmt.Println(len(t.C), cap(t.C))
	fmt.Println(t.Stop())
	<-t.C
	fmt.Println(len(t.C))
}
