// Endless recursion meets the limit: the program says which, and ends; nothing can recover it.
//
//check:alone
package main

import (
	"fmt"
	"runtime/debug"
)

func deep(n int) int { return deep(n+1) + 1 }

func main() {
	debug.SetMaxStack(1 << 20)
	defer fmt.Println("never")
	defer func() { fmt.Println(recover()) }()
	deep(0)
}
