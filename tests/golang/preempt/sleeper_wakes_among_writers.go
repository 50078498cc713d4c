// Goroutines that write for ever, and never wait, do not hold up one that sleeps.
package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	null, _ := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	for i := 0; i < 2; i++ {
		go func() {
			for {
				null.Write([]byte("."))
			}
		}()
	}
	time.Sleep(10 * time.Millisecond)
	fmt.Println("main woke")
}
