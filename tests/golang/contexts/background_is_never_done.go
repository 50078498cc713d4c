// Background and TODO have no error, no deadline and no Done: who waits for it waits for ever.
package main

import (
	"context"
	"fmt"
)

func main() {
	for _, ctx := range []context.Context{context.Background(), context.TODO()} {
		_, ok := ctx.Deadline()
		fmt.Println(ctx.Err(), ok, len(ctx.Done()))
	}
	<-context.Background().Done()
}
