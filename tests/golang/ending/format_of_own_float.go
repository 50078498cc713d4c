// The value of a panic on stderr: a float of the program's own type.
package main

type ratio float64

func main() { panic(ratio(0.25)) }
