// Main waits to receive and nobody is left to send: a deadlock.
package main

import "fmt"

func main() {
	fmt.Println("before")
	<-make(chan int)
}
