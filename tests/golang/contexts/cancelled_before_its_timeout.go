// Of cancel and timeout the first one sets the error.
package main

import (
	"context"
	"fmt"
	"time"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Millisecond)
	cancel()
	time.Sleep(5 * time.Millisecond)
	fmt.Println(ctx.Err(), ctx.Err() == context.Canceled)
}
