// A chain in runnext shares one slice: after 10 ms it is cut, and the global queue gets its turn.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	stop := false
	var link func()
	link = func() {
		if !stop {
			go link()
		}
	}
	go link()
	runtime.Gosched()
	stop = true
	fmt.Println("main ran")
}
