// A child whose deadline is later than its parent's has the parent's.
package main

import (
	"context"
	"fmt"
	"time"
)

func main() {
	none, cancelNone := context.WithCancel(context.Background())
	defer cancelNone()
	_, ok := none.Deadline()
	fmt.Println(ok)
	parent, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	child, cancelChild := context.WithTimeout(parent, time.Hour)
	defer cancelChild()
	early, cancelEarly := context.WithTimeout(parent, time.Millisecond)
	defer cancelEarly()
	p, _ := parent.Deadline()
	c, _ := child.Deadline()
	e, _ := early.Deadline()
	fmt.Println(p == c, e.Before(p))
	<-early.Done()
	fmt.Println(early.Err(), parent.Err())
	<-child.Done()
	fmt.Println(child.Err())
}
