// Reset says whether the timer was pending, and makes it fire at the new time, once.
package main

import (
	"fmt"
	"time"
)

func main() {
	start := time.Now()
	t := time.NewTimer(time.Hour)
	fmt.Println(t.Reset(3 * time.Millisecond))
	<-t.C
	fmt.Println(t.Reset(3 * time.Millisecond))
	<-t.C
	fmt.Println(t.Stop(), t.Reset(time.Millisecond), t.Reset(2*time.Millisecond))
	<-t.C
	elapsed := time.Since(start)
	fmt.Println(elapsed > 8*time.Millisecond, elapsed < time.Second, len(t.C))
}
