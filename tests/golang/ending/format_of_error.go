// The value of a panic on stderr: an error, by its text.
package main

import "errors"

func main() { panic(errors.New("it broke")) }
