// A panic that is raised and recovered in a deferred call leaves the outer one as it was.
package main

import "fmt"

func main() {
	defer func() {
		func() {
			defer func() { fmt.Println("recovered", recover()) }()
			panic("inner")
		}()
	}()
	panic("outer")
}
