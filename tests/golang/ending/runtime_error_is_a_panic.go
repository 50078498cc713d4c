// What the language itself raises is a panic as any other: code 2, or recovered.
//
//check:exit
package main

import "fmt"

func at(values []int, i int) (v int) {
	defer func() {
		if recover() != nil {
			v = -1
		}
	}()
	return values[i]
}

func main() {
	values := []int{1, 2, 3}
	if at(values, 1) == 2 && at(values, 5) == -1 {
		fmt.Println(values[at(values, 5)+6])
	}
}
