// An error group waits for all of its goroutines, and gives the first error.
package main

import (
	"fmt"
	"sync"
	"time"
)

type group struct {
	wg   sync.WaitGroup
	once sync.Once
	err  error
}

func (g *group) Go(f func() error) {
	g.wg.Add(1)
	go func() {
		defer g.wg.Done()
		if err := f(); err != nil {
			g.once.Do(func() { g.err = err })
		}
	}()
}

func (g *group) Wait() error {
	g.wg.Wait()
	return g.err
}

func main() {
	var g, fine group
	for i := 1; i < 4; i++ {
		i := i
		g.Go(func() error {
			time.Sleep(time.Duration(100*(4-i)) * time.Millisecond)
			fmt.Println("ends", i)
			if i == 1 {
				return nil
			}
			return fmt.Errorf("error of %d", i)
		})
	}
	fmt.Println(g.Wait())
	fine.Go(func() error { return nil })
	fmt.Println(fine.Wait())
}
