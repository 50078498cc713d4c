// A panic in a deferred call of Goexit that nobody recovers ends the program.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	go func() {
		defer func() { panic("after Goexit") }()
		runtime.Goexit()
	}()
	runtime.Gosched()
	fmt.Println("never")
}
