// A deferred call that recovers may set what the function returns.
package main

import "fmt"

func divide(a, b int) (result string) {
	defer func() {
		if recover() != nil {
			result = "undefined"
		}
	}()
	return fmt.Sprint(a / b)
}

func main() { fmt.Println(divide(6, 3), divide(1, 0)) }
