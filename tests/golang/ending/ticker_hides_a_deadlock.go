// A live ticker hides a deadlock for as long as it lives.
package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	time.NewTicker(5 * time.Millisecond)
	time.AfterFunc(30*time.Millisecond, func() {
		fmt.Println("still there")
		os.Exit(3)
	})
	select {}
}
