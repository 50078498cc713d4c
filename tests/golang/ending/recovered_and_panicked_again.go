// A panic that is recovered and raised again: its first life is marked as recovered.
package main

import "fmt"

func main() {
	defer func() {
		v := recover()
		fmt.Println("recovered", v)
		panic(v)
	}()
	panic("oops")
}
