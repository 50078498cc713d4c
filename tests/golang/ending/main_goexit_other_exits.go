// After main left by Goexit another goroutine may end the program.
package main

import (
	"fmt"
	"os"
	"runtime"
)

func main() {
	go func() {
		fmt.Println("exits")
		os.Exit(0)
	}()
	runtime.Goexit()
}
