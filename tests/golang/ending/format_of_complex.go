// The value of a panic on stderr: a complex number.
package main

func main() { panic(complex(1, -2)) }
