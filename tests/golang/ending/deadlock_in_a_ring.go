// Two goroutines that wait for each other, and main for both.
package main

func main() {
	a, b, done := make(chan int), make(chan int), make(chan int)
	relay := func(from, to chan int) {
		to <- <-from
		done <- 0
	}
	go relay(a, b)
	go relay(b, a)
	<-done
}
