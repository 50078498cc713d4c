// The value of a panic on stderr: an error of the program's own type, which is a number.
package main

import "fmt"

type status int

func (s status) Error() string { return fmt.Sprintf("status %d", int(s)) }

func main() { panic(status(404)) }
