// A goroutine that panics while all others sleep or wait ends the program at once.
package main

import "time"

func main() {
	go func() {
		time.Sleep(2 * time.Millisecond)
		panic("meanwhile")
	}()
	time.Sleep(time.Hour)
}
