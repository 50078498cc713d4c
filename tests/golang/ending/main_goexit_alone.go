// Main may leave by Goexit; when nobody is left the program says so.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	go fmt.Println("other")
	runtime.Goexit()
}
