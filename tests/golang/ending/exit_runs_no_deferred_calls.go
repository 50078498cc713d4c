// Exit ends the program at once, with the code, and without any deferred call.
package main

import (
	"fmt"
	"os"
)

func main() {
	defer fmt.Println("never")
	fmt.Println("exits")
	os.Exit(7)
}
