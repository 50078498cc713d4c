// The value of a panic on stderr: a float, with six digits and an exponent of three.
package main

func main() { panic(-1.5) }
