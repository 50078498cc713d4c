// The value of a panic on stderr: a small float.
package main

func main() { panic(0.0000123456789) }
