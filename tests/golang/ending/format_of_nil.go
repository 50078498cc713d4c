// The value of a panic on stderr: nil.
package main

func main() { panic(nil) }
