// Who recovered a panic may panic anew: that one is told, and ends the program.
package main

import "fmt"

func main() {
	defer func() {
		fmt.Println("recovered", recover())
		defer func() {
			fmt.Println("recovered", recover())
			panic("third")
		}()
		panic("second")
	}()
	panic("first")
}
