// A panic of main: the text, a dump, code 2; what was printed before stays.
package main

import "fmt"

func main() {
	fmt.Println("before")
	panic("oops")
}
