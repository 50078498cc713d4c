// A dump says who is wired to its thread.
package main

import "runtime"

func main() {
	runtime.LockOSThread()
	select {}
}
