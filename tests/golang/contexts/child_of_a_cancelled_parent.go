// A child of a cancelled parent is born cancelled, with the parent's error.
package main

import (
	"context"
	"fmt"
	"time"
)

func main() {
	parent, cancel := context.WithCancel(context.Background())
	cancel()
	child, cancelChild := context.WithTimeout(parent, time.Hour)
	defer cancelChild()
	fmt.Println(child.Err())
	<-child.Done()
	over, cancelOver := context.WithTimeout(context.Background(), 0)
	defer cancelOver()
	late, cancelLate := context.WithCancel(over)
	defer cancelLate()
	fmt.Println(late.Err())
}
