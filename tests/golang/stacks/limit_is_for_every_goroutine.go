// The limit holds for all goroutines, those that were started before it was set, too.
//
//check:alone
package main

import (
	"runtime"
	"runtime/debug"
)

func deep(n int) int { return deep(n+1) + 1 }

func main() {
	c := make(chan bool)
	go func() {
		<-c
		deep(0)
	}()
	runtime.Gosched()
	debug.SetMaxStack(1 << 19)
	c <- true
	<-c
}
