// A sleep that is longer than any clock does not end early.
package main

import (
	"fmt"
	"time"
)

func main() {
	go func() {
		time.Sleep(1<<63 - 1)
		fmt.Println("never")
	}()
	<-time.After(5 * time.Millisecond)
	fmt.Println("main")
}
