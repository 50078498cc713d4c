// A deferred call recovers, the next one panics anew, and the caller recovers that one, too.
package main

import "fmt"

func main() {
	defer func() {
		fmt.Println("recovered", recover())
		fmt.Println("main goes on to its end")
	}()
	func() {
		defer func() { panic("again") }()
		defer func() {
			fmt.Println("recovered", recover())
		}()
		panic("first")
	}()
}
