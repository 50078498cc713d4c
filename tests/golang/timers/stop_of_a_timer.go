// Stop says whether the timer was still pending; who stopped it gets nothing from its channel.
package main

import (
	"fmt"
	"time"
)

func main() {
	t := time.NewTimer(2 * time.Millisecond)
	fmt.Println(t.Stop())
	fmt.Println(t.Stop())
	time.Sleep(4 * time.Millisecond)
	select {
	case <-t.C:
		fmt.Println("fired")
	default:
		fmt.Println("nothing")
	}
	u := time.NewTimer(time.Millisecond)
	<-u.C
	fmt.Println(u.Stop())
}
