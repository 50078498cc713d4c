// A deferred call that has recovered counts to its end: main waits for it.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	go func() {
		defer func() {
			recover()
			for i := 0; i < 20; i++ {
				runtime.Gosched()
			}
			fmt.Println("recovered")
		}()
		panic("boom")
	}()
	runtime.Gosched()
	fmt.Println("main returns")
}
