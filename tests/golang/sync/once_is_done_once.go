// Of several calls of Once only the first calls its function.
package main

import (
	"fmt"
	"sync"
)

func main() {
	var once sync.Once
	for i := 0; i < 3; i++ {
		i := i
		once.Do(func() { fmt.Println("done by", i) })
	}
	fmt.Println("main")
}
