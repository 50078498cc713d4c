// The value of a panic on stderr: a complex number of the program's own type.
package main

type point complex128

func main() { panic(point(complex(3, 4))) }
