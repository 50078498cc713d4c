// The value of a panic on stderr: the empty string.
package main

func main() { panic("") }
