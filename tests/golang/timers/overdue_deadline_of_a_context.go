// A context whose deadline has passed is over after the next switch.
package main

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	for begin := time.Now(); time.Since(begin) < 5*time.Millisecond; {
	}
	runtime.Gosched()
	runtime.Gosched()
	fmt.Println(ctx.Err())
}
