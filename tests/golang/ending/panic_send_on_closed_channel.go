// A send to a closed channel that nobody recovers: the text has no prefix.
package main

func main() {
	c := make(chan int, 1)
	close(c)
	c <- 1
}
