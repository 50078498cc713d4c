// The cancel of a parent cancels children and grandchildren; that of a child does not touch the parent.
package main

import (
	"context"
	"fmt"
	"time"
)

func main() {
	type key string
	parent, cancel := context.WithCancel(context.Background())
	child, cancelChild := context.WithCancel(parent)
	other, cancelOther := context.WithCancel(context.WithValue(parent, key("k"), 1))
	grandchild, cancelGrandchild := context.WithTimeout(other, time.Hour)
	defer cancelOther()
	defer cancelGrandchild()
	cancelChild()
	fmt.Println(parent.Err(), child.Err(), other.Err(), grandchild.Err())
	cancel()
	fmt.Println(parent.Err(), child.Err(), other.Err(), grandchild.Err())
	<-grandchild.Done()
}
