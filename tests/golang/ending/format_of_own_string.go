// The value of a panic on stderr: a string of the program's own type, quoted but not escaped.
package main

type reason string

func main() { panic(reason("a \"quoted\" word")) }
