// To start a nil function is fatal.
package main

import "fmt"

func main() {
	var f func()
	defer fmt.Println("never")
	go f()
}
