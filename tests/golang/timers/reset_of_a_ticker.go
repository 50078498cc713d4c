// Reset gives a ticker a new period, and starts a stopped one again.
package main

import (
	"fmt"
	"time"
)

func main() {
	start := time.Now()
	t := time.NewTicker(time.Hour)
	t.Reset(2 * time.Millisecond)
	<-t.C
	<-t.C
	t.Stop()
	t.Reset(3 * time.Millisecond)
	<-t.C
	t.Stop()
	elapsed := time.Since(start)
	fmt.Println(elapsed >= 7*time.Millisecond, elapsed < time.Second)
}
