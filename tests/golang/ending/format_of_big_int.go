// The value of a panic on stderr: a big int, in decimal.
package main

func main() { panic(1 << 62) }
