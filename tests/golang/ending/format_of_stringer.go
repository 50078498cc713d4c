// The value of a panic on stderr: a value that has a text of its own.
package main

import "fmt"

type place struct{ x, y int }

func (p place) String() string { return fmt.Sprintf("(%d|%d)", p.x, p.y) }

func main() { panic(place{1, 2}) }
