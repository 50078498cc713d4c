// A close of the nil channel that nobody recovers.
package main

func main() {
	var c chan int
	close(c)
}
