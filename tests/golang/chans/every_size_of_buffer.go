// For many sizes: so many sends do not wait, one more does; close wakes it; the values come in order.
package main

import (
	"fmt"
	"runtime"
)

func main() {
	for size := 0; size < 40; size++ {
		c := make(chan int, size)
		sent := 0
		go func() {
			defer func() { recover() }()
			for ; ; sent++ {
				c <- sent
			}
		}()
		for i := 0; i < 3; i++ {
			runtime.Gosched()
		}
		if sent != size || len(c) != size || cap(c) != size {
			fmt.Println("wrong", size, sent, len(c), cap(c))
		}
		for i := 0; i < 2*size+1; i++ {
			if v := <-c; v != i {
				fmt.Println("wrong", size, v, i)
			}
		}
		runtime.Gosched()
		close(c)
	}
	fmt.Println("done")
}
