// A deadlock ends the program without deferred calls, and cannot be recovered.
package main

import "fmt"

func main() {
	defer fmt.Println("never")
	defer func() { fmt.Println(recover()) }()
	<-make(chan int)
}
