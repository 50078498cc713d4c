// Recover takes the latest panic; the earlier one that it replaced is gone, too.
package main

import "fmt"

func f() {
	defer func() { fmt.Println("recovered", recover()) }()
	defer func() { panic("second") }()
	panic("first")
}

func main() {
	f()
	fmt.Println("main goes on")
}
