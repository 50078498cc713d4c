// Two functions that call each other.
package main

import "fmt"

func even(n int) bool { return n == 0 || odd(n-1) }
func odd(n int) bool  { return n != 0 && even(n-1) }

func main() { fmt.Println(even(20000), odd(20000)) }
