// A chain in runnext shares one slice: after 10 ms it is cut, and the global queue gets its turn.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	stop, work := false, 0
	var link func()
	link = func() {
		for i := 0; i < 10000; i++ {
			work++ // so that the slice ends here, and not when the next of the chain is in runnext already
		}
		if !stop {
			go link()
		}
	}
	go link()
	runtime.Gosched()
	stop = true
	fmt.Println("main ran")
}
