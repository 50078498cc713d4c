// A channel of negative size.
package main

import "fmt"

func main() {
	n := -1
	defer func() {
		fmt.Println(recover())
		_ = make(chan int, n)
	}()
	_ = make(chan int, n)
}
