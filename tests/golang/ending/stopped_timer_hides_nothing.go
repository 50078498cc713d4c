// A stopped timer, however long, hides no deadlock.
package main

import (
	"fmt"
	"time"
)

func main() {
	t := time.NewTimer(time.Hour)
	fmt.Println(t.Stop())
	<-t.C
}
