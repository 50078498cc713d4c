// Calls with one key that come while the first is at work share its result.
package main

import (
	"fmt"
	"sync"
	"time"
)

type call struct {
	wg    sync.WaitGroup
	value string
}

type group struct {
	mu    sync.Mutex
	calls map[string]*call
}

func (g *group) Do(key string, f func() string) string {
	g.mu.Lock()
	if c, ok := g.calls[key]; ok {
		g.mu.Unlock()
		c.wg.Wait()
		return c.value
	}
	c := &call{}
	c.wg.Add(1)
	g.calls[key] = c
	g.mu.Unlock()
	c.value = f()
	c.wg.Done()
	g.mu.Lock()
	delete(g.calls, key)
	g.mu.Unlock()
	return c.value
}

func main() {
	g := &group{calls: map[string]*call{}}
	results := make(chan string)
	executed := 0
	for i := 0; i < 5; i++ {
		go func() {
			results <- g.Do("key", func() string {
				executed++
				time.Sleep(2 * time.Millisecond)
				return "value"
			})
		}()
	}
	for i := 0; i < 5; i++ {
		fmt.Println(<-results)
	}
	fmt.Println(executed)
}
