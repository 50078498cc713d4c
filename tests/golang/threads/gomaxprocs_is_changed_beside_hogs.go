// Stopping the world preempts who computes: the number of Ps changes again and again beside two loops.
//
//check:alone
package main

import (
	"fmt"
	"runtime"
	"time"
)

var stop bool

func spin() {
	for !stop {
	}
}

func main() {
	go spin()
	go spin()
	begin := time.Now()
	seen := []int{}
	for _, n := range []int{2, 1, 3, 1} {
		seen = append(seen, runtime.GOMAXPROCS(n))
		runtime.Gosched()
	}
	stop = true
	fmt.Println(seen, time.Since(begin) < 2*time.Second)
}
