// A cancel of the outermost of a hundred layers reaches the innermost.
package main

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

func main() {
	outermost, cancel := context.WithCancel(context.Background())
	ctx := outermost
	for i := 0; i < 100; i++ {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, time.Hour)
		defer stop()
	}
	ended := make(chan error)
	go func() {
		<-ctx.Done()
		ended <- ctx.Err()
	}()
	runtime.Gosched()
	cancel()
	fmt.Println(<-ended)
}
