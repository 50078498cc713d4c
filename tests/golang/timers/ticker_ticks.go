// A ticker ticks each period, for the first time after one.
package main

import (
	"fmt"
	"time"
)

func main() {
	start := time.Now()
	t := time.NewTicker(3 * time.Millisecond)
	for i := 0; i < 5; i++ {
		<-t.C
	}
	t.Stop()
	elapsed := time.Since(start)
	fmt.Println(elapsed >= 15*time.Millisecond, elapsed < 500*time.Millisecond)
}
