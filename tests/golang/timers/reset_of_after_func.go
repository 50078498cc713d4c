// Reset makes the function of an AfterFunc run again.
package main

import (
	"fmt"
	"time"
)

func main() {
	ran := make(chan int, 10)
	n := 0
	var t *time.Timer
	t = time.AfterFunc(time.Millisecond, func() {
		if n++; n < 4 {
			t.Reset(time.Millisecond)
		}
		ran <- n
	})
	for i := 0; i < 4; i++ {
		fmt.Println(<-ran)
	}
	fmt.Println(t.Reset(time.Hour), t.Stop())
}
