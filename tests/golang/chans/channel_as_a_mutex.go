// A channel of one place guards a counter: no increment is lost, although its holder yields.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	lock, done := make(chan bool, 1), make(chan bool)
	n := 0
	for i := 0; i < 5; i++ {
		go func() {
			for k := 0; k < 20; k++ {
				lock <- true
				old := n
				runtime.Gosched()
				n = old + 1
				<-lock
			}
			done <- true
		}()
	}
	for i := 0; i < 5; i++ {
		<-done
	}
	fmt.Println(n)
}
