// A tree of contexts is cancelled from many goroutines at once: all are done, nobody waits for ever.
package main

import (
	"context"
	"fmt"
)

func main() {
	root, cancel := context.WithCancel(context.Background())
	contexts, cancels := []context.Context{root}, []context.CancelFunc{cancel}
	for i := 0; i < 60; i++ {
		ctx, cancel := context.WithCancel(contexts[i/2])
		contexts, cancels = append(contexts, ctx), append(cancels, cancel)
	}
	for i := range cancels {
		go cancels[len(cancels)-1-i]()
	}
	for _, ctx := range contexts {
		<-ctx.Done()
	}
	fmt.Println(len(contexts), contexts[60].Err())
}
