// The value of a panic on stderr: an error that wraps another.
package main

import (
	"errors"
	"fmt"
)

func main() { panic(fmt.Errorf("outer: %w", errors.New("inner"))) }
