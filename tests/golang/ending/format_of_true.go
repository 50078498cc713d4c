// The value of a panic on stderr: true.
package main

func main() { panic(true) }
