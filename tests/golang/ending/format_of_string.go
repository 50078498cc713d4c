// The value of a panic on stderr: a string, bare.
package main

func main() { panic("a \"quoted\" word") }
