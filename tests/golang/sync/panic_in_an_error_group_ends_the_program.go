// A panic of a member is no error that Wait could return: it ends the program.
package main

import (
	"fmt"
	"sync"
)

// Group does what x/sync's errgroup.Group does without a limit.
type Group struct {
	wg   sync.WaitGroup
	once sync.Once
	err  error
}

func (g *Group) Go(f func() error) {
	g.wg.Add(1)
	go func() {
		defer g.wg.Done()
		if err := f(); err != nil {
			g.once.Do(func() { g.err = err })
		}
	}()
}

func (g *Group) Wait() error {
	g.wg.Wait()
	return g.err
}

func main() {
	var g Group
	g.Go(func() error { panic("boom") })
	g.Go(func() error { return fmt.Errorf("an error") })
	fmt.Println("waits")
	fmt.Println(g.Wait())
}
