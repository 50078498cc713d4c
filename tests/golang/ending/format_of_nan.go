// The value of a panic on stderr: what is not a number.
package main

import "math"

func main() { panic(math.NaN()) }
