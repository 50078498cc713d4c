// Exit ends the program from any goroutine, while others wait or are runnable.
package main

import (
	"fmt"
	"os"
)

func main() {
	c := make(chan int)
	go fmt.Println("never")
	go func() {
		defer fmt.Println("never")
		os.Exit(4)
	}()
	<-c
}
