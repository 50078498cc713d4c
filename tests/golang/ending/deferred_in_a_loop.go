// Calls deferred in a loop run in the reverse order, with the arguments that they had then.
package main

import "fmt"

func main() {
	for i := 0; i < 10; i++ {
		defer fmt.Print(i, "\n")
	}
}
