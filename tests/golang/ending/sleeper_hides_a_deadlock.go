// Who sleeps will wake: no deadlock, although all others wait.
package main

import (
	"fmt"
	"time"
)

func main() {
	c := make(chan string)
	go func() {
		time.Sleep(5 * time.Millisecond)
		c <- "awake"
	}()
	fmt.Println(<-c)
}
