// The value of a panic on stderr: an int, in decimal.
package main

func main() { panic(-93) }
