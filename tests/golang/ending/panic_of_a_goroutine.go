// A panic of any goroutine ends the whole program; only its own deferred calls run.
package main

import "fmt"

func main() {
	defer fmt.Println("never")
	go func() {
		defer fmt.Println("deferred")
		panic("oops")
	}()
	<-make(chan int)
}
