// A goroutine that cancels the child when the parent is done: no deadlock.
package main

import (
	"context"
	"fmt"
	"runtime"
)

func main() {
	parent, cancel := context.WithCancel(context.Background())
	child, cancelChild := context.WithCancel(parent)
	go func() {
		<-parent.Done()
		cancelChild()
	}()
	cancel()
	<-child.Done()
	runtime.Gosched()
	fmt.Println(child.Err())
}
