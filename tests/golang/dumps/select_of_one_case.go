// A select of one case, without default, is the plain operation: so says the dump.
package main

import "runtime"

func main() {
	c := make(chan int)
	go func() {
		select {
		case <-c:
		}
	}()
	runtime.Gosched()
	d := make(chan int)
	select {
	case d <- 1:
	}
}
