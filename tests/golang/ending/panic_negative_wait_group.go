// A WaitGroup below zero that nobody recovers.
package main

import "sync"

func main() {
	var wg sync.WaitGroup
	wg.Done()
}
