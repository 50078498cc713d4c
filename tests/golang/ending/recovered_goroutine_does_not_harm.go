// A goroutine that recovers ends quietly, and the program goes on.
package main

import "fmt"

func main() {
	done := make(chan any)
	for i := 0; i < 3; i++ {
		i := i
		go func() {
			defer func() { done <- recover() }()
			panic(i)
		}()
	}
	fmt.Println(<-done, <-done, <-done)
}
