// Stack of all: the caller first, then the others with what they do: wait, sleep, or are runnable.
package main

import (
	"fmt"
	"regexp"
	"runtime"
	"sort"
	"strings"
	"time"
)

func reasons() []string {
	buf := make([]byte, 100000)
	var found []string
	for _, m := range regexp.MustCompile(`(?m)^goroutine \d+ \[(.+)\]:$`).FindAllSubmatch(buf[:runtime.Stack(buf, true)], -1) {
		found = append(found, string(m[1]))
	}
	return found
}

func main() {
	c := make(chan int)
	go func() { <-c }()
	go func() { time.Sleep(time.Hour) }()
	go func() { c <- 1; select {} }()
	runtime.Gosched()
	go func() {}()
	found := reasons()
	fmt.Println(found[0])
	sort.Strings(found)
	fmt.Println(strings.Join(found, ", "))
}
