// A large request at the head keeps small ones behind it waiting, also when there were room for them.
package main

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
)

// Lines are printed at the end: a write is a system call, and would let others run in between.
var out strings.Builder

func say(words ...any) { fmt.Fprintln(&out, words...) }
func flush()           { fmt.Print(out.String()) }

type semaphore struct {
	mu      sync.Mutex
	free    int
	waiters []waiter
}

type waiter struct {
	n     int
	ready chan bool
}

func (s *semaphore) Acquire(n int) {
	s.mu.Lock()
	if s.free >= n && len(s.waiters) == 0 {
		s.free -= n
		s.mu.Unlock()
		return
	}
	w := waiter{n, make(chan bool)}
	s.waiters = append(s.waiters, w)
	s.mu.Unlock()
	<-w.ready
}

func (s *semaphore) Release(n int) {
	s.mu.Lock()
	s.free += n
	for len(s.waiters) > 0 && s.free >= s.waiters[0].n {
		s.free -= s.waiters[0].n
		close(s.waiters[0].ready)
		s.waiters = s.waiters[1:]
	}
	s.mu.Unlock()
}

func main() {
	defer flush()
	s := &semaphore{free: 3}
	s.Acquire(2)
	for _, n := range []int{3, 1, 2} {
		n := n
		go func() {
			s.Acquire(n)
			say("got", n)
			s.Release(n)
		}()
		runtime.Gosched()
	}
	say("main releases")
	s.Release(2)
	for i := 0; i < 4; i++ {
		runtime.Gosched()
	}
}
