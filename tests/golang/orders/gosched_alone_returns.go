// Gosched returns at once when nobody else is runnable.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	for i := 0; i < 100; i++ {
		runtime.Gosched()
	}
	fmt.Println("done")
}
