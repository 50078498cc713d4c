// A timer of zero fires at once: as soon as somebody waits, not before its caller goes on.
package main

import (
	"fmt"
	"time"
)

func main() {
	t := time.NewTimer(0)
	<-t.C
	fmt.Println("fired")
	<-time.After(-1)
	fmt.Println("fired")
}
