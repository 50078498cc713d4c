// The value of a panic on stderr: anything else by its type and address.
//
//check:exit
package main

type thing struct{ a, b int }

func main() { panic(thing{1, 2}) }
