// Cancel closes the Done channel and sets the error, before it returns.
package main

import (
	"context"
	"fmt"
)

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	fmt.Println(ctx.Err())
	select {
	case <-ctx.Done():
		fmt.Println("done")
	default:
		fmt.Println("not done")
	}
	cancel()
	fmt.Println(ctx.Err())
	_, ok := <-ctx.Done()
	fmt.Println(ok)
	cancel()
	fmt.Println(ctx.Err())
}
