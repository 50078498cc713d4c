// Functions that set the next timer themselves.
package main

import (
	"fmt"
	"time"
)

func main() {
	done := make(chan bool)
	i := 10
	var next func()
	next = func() {
		if i--; i >= 0 {
			time.AfterFunc(0, next)
			time.Sleep(time.Millisecond)
		} else {
			done <- true
		}
	}
	time.AfterFunc(0, next)
	<-done
	fmt.Println(i)
}
