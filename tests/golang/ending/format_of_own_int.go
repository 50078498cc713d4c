// The value of a panic on stderr: a number of the program's own type.
package main

type code int

func main() { panic(code(42)) }
