// A select of only a default case goes on at once.
package main

import "fmt"

func main() {
	select {
	default:
		fmt.Println("default")
	}
}
