// A context with a timeout is done in time, with its own error.
package main

import (
	"context"
	"fmt"
	"time"
)

func main() {
	start := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Millisecond)
	defer cancel()
	fmt.Println(ctx.Err())
	<-ctx.Done()
	fmt.Println(ctx.Err(), time.Since(start) >= 3*time.Millisecond)
	cancel()
	fmt.Println(ctx.Err(), ctx.Err() == context.DeadlineExceeded)
}
