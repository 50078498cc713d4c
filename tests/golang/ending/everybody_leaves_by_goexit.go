// Main leaves by Goexit, and so does a goroutine in a deferred call of its panic: nobody is left.
package main

import "runtime"

func main() {
	go func() {
		defer runtime.Goexit()
		panic("aborted")
	}()
	runtime.Goexit()
}
