// To receive from the nil channel blocks for ever.
package main

func main() {
	var c chan int
	<-c
}
