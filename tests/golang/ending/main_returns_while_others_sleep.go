// Main does not wait for sleepers.
package main

import (
	"fmt"
	"runtime"
	"time"
)

func main() {
	go func() {
		time.Sleep(time.Hour)
		fmt.Println("never")
	}()
	runtime.Gosched()
	fmt.Println("main returns")
}
