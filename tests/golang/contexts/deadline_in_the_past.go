// A context whose deadline has passed is done when it is made.
package main

import (
	"context"
	"fmt"
	"time"
)

func main() {
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	fmt.Println(ctx.Err())
	cancel()
	ctx, cancel = context.WithTimeout(context.Background(), 0)
	<-ctx.Done()
	fmt.Println(ctx.Err())
	cancel()
	fmt.Println(ctx.Err())
}
