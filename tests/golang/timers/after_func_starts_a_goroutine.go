// The function of AfterFunc runs as a goroutine: it may block, while others run.
package main

import (
	"fmt"
	"time"
)

func main() {
	c, done := make(chan string), make(chan bool)
	time.AfterFunc(time.Millisecond, func() {
		fmt.Println(<-c)
		done <- true
	})
	time.Sleep(3 * time.Millisecond)
	c <- "from main"
	<-done
}
