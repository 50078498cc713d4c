// The deadlock is found when the last sleeper has ended.
package main

import (
	"fmt"
	"time"
)

func main() {
	go func() {
		time.Sleep(5 * time.Millisecond)
		fmt.Println("ends")
	}()
	<-make(chan int)
}
