// The value of a panic on stderr: the float zero.
package main

func main() { panic(0.0) }
