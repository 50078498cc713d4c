// Who is in a blocking call may come back: no deadlock.
package main

import (
	"fmt"
	"syscall"
)

func main() {
	c := make(chan string)
	go func() {
		pause := syscall.NsecToTimespec(20e6)
		syscall.Nanosleep(&pause, nil)
		c <- "back"
	}()
	fmt.Println(<-c)
}
