// A closed and drained channel gives the zero value and false, as often as it is asked.
package main

import "fmt"

func main() {
	c := make(chan string, 2)
	c <- "a"
	c <- "b"
	close(c)
	for i := 0; i < 4; i++ {
		v, ok := <-c
		fmt.Printf("%q %t %d\n", v, ok, len(c))
	}
	fmt.Printf("%q\n", <-c)
}
