// Recover without a panic returns nil.
package main

import "fmt"

func f() (err any) {
	defer func() { err = recover() }()
	return "unused"
}

func main() { fmt.Println(f()) }
