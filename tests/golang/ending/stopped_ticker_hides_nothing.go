// After the ticker is stopped the deadlock is found.
package main

import (
	"fmt"
	"time"
)

func main() {
	t := time.NewTicker(time.Millisecond)
	<-t.C
	t.Stop()
	fmt.Println("stopped")
	select {}
}
