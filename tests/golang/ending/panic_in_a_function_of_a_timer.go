// A panic in a function that a timer started ends the program.
package main

import "time"

func main() {
	time.AfterFunc(time.Millisecond, func() { panic("in time") })
	select {}
}
