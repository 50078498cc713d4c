// A panic in a deferred call of a panic takes over; both are told.
package main

func main() {
	defer func() { panic("second") }()
	panic("first")
}
