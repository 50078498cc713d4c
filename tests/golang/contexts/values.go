// A value is found in the nearest context that has the key; contexts between do not matter.
package main

import (
	"context"
	"fmt"
)

type key string

func main() {
	a := context.WithValue(context.Background(), key("x"), 1)
	b := context.WithValue(a, key("y"), 2)
	c, cancel := context.WithCancel(b)
	defer cancel()
	d := context.WithValue(c, key("x"), 3)
	fmt.Println(a.Value(key("x")), a.Value(key("y")))
	fmt.Println(d.Value(key("x")), d.Value(key("y")), d.Value(key("z")))
	fmt.Println(c.Value(key("x")), context.Background().Value(key("x")))
}
