// Numbers, strings, functions, nil and empty values go through a channel as they are.
package main

import "fmt"

func main() {
	c := make(chan any, 10)
	for _, v := range []any{0, "", 1.5, "text", nil, true, struct{}{} == struct{}{}} {
		c <- v
	}
	close(c)
	for v := range c {
		fmt.Println(v)
	}
	calls := make(chan func() int, 1)
	calls <- func() int { return 42 }
	fmt.Println((<-calls)())
}
