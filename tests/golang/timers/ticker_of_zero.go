// A ticker needs a positive period.
package main

import (
	"fmt"
	"time"
)

func main() {
	defer func() {
		fmt.Println(recover())
		time.NewTicker(-1)
	}()
	time.NewTicker(0)
}
