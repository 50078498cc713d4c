// A deferred call of a panic makes main runnable: the panic wins, main does not get to return.
package main

func main() {
	c := make(chan bool, 1)
	go func() {
		defer func() { c <- true }()
		panic("wins")
	}()
	<-c
}
