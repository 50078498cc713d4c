// Two locks need two unlocks; one unlock too many is nothing. A dump says whether a goroutine is wired.
package main

import (
	"fmt"
	"runtime"
	"strings"
)

func header() string {
	buf := make([]byte, 1000)
	return strings.SplitN(string(buf[:runtime.Stack(buf, false)]), "\n", 2)[0]
}

func main() {
	runtime.LockOSThread()
	runtime.LockOSThread()
	fmt.Println(header())
	runtime.UnlockOSThread()
	fmt.Println(header())
	runtime.UnlockOSThread()
	fmt.Println(header())
	runtime.UnlockOSThread()
	fmt.Println(header())
}
