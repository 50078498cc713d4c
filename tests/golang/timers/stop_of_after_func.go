// Stop of an AfterFunc says whether the function was kept from running.
package main

import (
	"fmt"
	"time"
)

func main() {
	ran := make(chan string, 2)
	a := time.AfterFunc(2*time.Millisecond, func() { ran <- "a" })
	b := time.AfterFunc(2*time.Millisecond, func() { ran <- "b" })
	fmt.Println(a.Stop(), a.Stop())
	fmt.Println(<-ran, b.Stop())
}
