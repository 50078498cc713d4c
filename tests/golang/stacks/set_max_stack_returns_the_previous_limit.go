// SetMaxStack returns the limit that held before.
//
//check:alone
package main

import (
	"fmt"
	"runtime/debug"
)

func main() {
	fmt.Println(debug.SetMaxStack(1 << 20))
	fmt.Println(debug.SetMaxStack(1 << 21))
	fmt.Println(debug.SetMaxStack(1000000000))
}
