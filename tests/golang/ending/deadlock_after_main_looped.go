// Goroutines that ended do not hide a deadlock; those that are left are shown.
package main

import "fmt"

func main() {
	c := make(chan int)
	for i := 0; i < 5; i++ {
		i := i
		go func() { c <- i }()
	}
	sum := 0
	for i := 0; i < 3; i++ {
		sum += <-c
	}
	fmt.Println(sum)
	select {}
}
