// The value of a panic on stderr: infinity.
package main

import "math"

func main() { panic(math.Inf(1)) }
