// Three loops without a call, none of which ends before all have begun, and one P: each is cut, and they begin
// in the order of the queue.
package main

import "fmt"

var begun [3]int
var order, turns int

func spin(i int) {
	order++
	begun[i] = order
	for begun[0] == 0 || begun[1] == 0 || begun[2] == 0 {
		turns++
	}
}

func main() {
	done := make(chan bool)
	for i := 0; i < 3; i++ {
		i := i
		go func() {
			spin(i)
			done <- true
		}()
	}
	for i := 0; i < 3; i++ {
		<-done
	}
	fmt.Println(begun, turns > 0)
}
