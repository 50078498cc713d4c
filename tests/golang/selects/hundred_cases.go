// A select of a hundred cases finds the one that is ready, and the one that becomes ready.
package main

import (
	"fmt"
	"reflect"
)

func main() {
	channels := make([]chan int, 100)
	cases := make([]reflect.SelectCase, 100)
	for i := range channels {
		channels[i] = make(chan int, 1)
		cases[i] = reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(channels[i])}
	}
	channels[71] <- 1
	index, v, ok := reflect.Select(cases)
	fmt.Println(index, v, ok)
	go func() { channels[13] <- 2 }()
	index, v, ok = reflect.Select(cases)
	fmt.Println(index, v, ok)
}
