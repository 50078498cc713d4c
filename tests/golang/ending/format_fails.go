// A panic while the value of a panic is made a text: the program ends all the same.
//
//check:exit
package main

type bad struct{}

func (bad) Error() string { panic("no text") }

func main() { panic(bad{}) }
