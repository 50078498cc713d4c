// What Go itself prints for the programs of test_go_orders.py; each expected line there is from here.
// Go 1.19: GOMAXPROCS=1 go run orders.go NAME, or without a name for all of them, each in a process of its own.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sort"
	"strconv"
	"sync"
	"time"
)

// Words are collected and printed at the end: a write is a system call, and would let others run in between.
var words []any

func say(word string, numbers ...int) {
	for _, n := range numbers {
		word += strconv.Itoa(n)
	}
	words = append(words, word)
}

var done = make(chan bool, 1000)

func wait(n int) {
	for i := 0; i < n; i++ {
		<-done
	}
}

// each starts n goroutines; parked lets each run, and so park, before the next is started.
func each(n int, f func(i int)) {
	for i := 0; i < n; i++ {
		i := i
		go func() { f(i); done <- true }()
	}
}

func parked(n int, f func(i int)) {
	for i := 0; i < n; i++ {
		i := i
		go func() { f(i); done <- true }()
		runtime.Gosched()
	}
}

func trySend(c chan int, i int) {
	defer func() { say(fmt.Sprint(i, " ", recover())) }()
	c <- i
}

// inOrder says the ids in which n goroutines ran, as runs of consecutive numbers.
func inOrder(n int) {
	for i := 0; i < 20; i++ {
		runtime.Gosched() // until the runtime's own goroutines have run: tick 24 follows
	}
	var log []int
	for i := 0; i < n; i++ {
		i := i
		go func() {
			log = append(log, i)
			if len(log) == n {
				done <- true
			}
		}()
	}
	wait(1)
	start := 0
	for i := 1; i <= n; i++ {
		if i == n || log[i] != log[i-1]+1 {
			say(fmt.Sprint(log[start], "-", log[i-1]))
			start = i
		}
	}
}

var programs = map[string]func(){
	"spawn": func() { each(5, func(i int) { say("", i) }); wait(5) },
	"spawn then gosched": func() {
		each(3, func(i int) { say("", i) })
		runtime.Gosched()
		say("main")
	},
	"children": func() {
		for _, name := range []string{"x", "y"} {
			name := name
			go func() { say(name); go func() { say(name + "'"); done <- true }(); say(name + "."); done <- true }()
		}
		wait(4)
	},
	"chain": func() {
		n, stop := 0, false
		var next func()
		next = func() {
			if n++; n < 1000 && !stop {
				go next()
			} else {
				done <- true
			}
		}
		go func() { say("others ran after ", n); stop = true; done <- true }()
		go next()
		wait(2)
	},
	"gosched": func() {
		each(3, func(i int) {
			for k := 0; k < 3; k++ {
				say("", i, k)
				runtime.Gosched()
			}
		})
		wait(3)
	},
	"send to parked": func() {
		c := make(chan int)
		parked(5, func(i int) { <-c; say("", i) })
		for i := 0; i < 5; i++ {
			c <- i
		}
		say("main")
		wait(5)
	},
	"receive from parked": func() {
		c := make(chan int)
		parked(3, func(i int) { c <- i; say("sent", i) })
		for i := 0; i < 3; i++ {
			say("got", <-c)
		}
		wait(3)
	},
	"close receivers": func() {
		c := make(chan int)
		parked(5, func(i int) { <-c; say("", i) })
		close(c)
		say("main")
		wait(5)
	},
	"close senders": func() {
		c := make(chan int)
		parked(3, func(i int) { trySend(c, i) })
		close(c)
		say("main")
		wait(3)
	},
	"wait group": func() {
		var wg sync.WaitGroup
		wg.Add(1)
		parked(5, func(i int) { wg.Wait(); say("", i) })
		wg.Done()
		say("main")
		wait(5)
	},
	"displaced": func() {
		c := make(chan int)
		parked(1, func(int) { <-c; say("receiver") })
		each(2, func(i int) { say("", i) })
		c <- 1
		say("main")
		wait(3)
	},
	"pair and third": func() {
		a, b := make(chan int), make(chan int)
		each(1, func(int) {
			for i := 0; i < 3; i++ {
				<-a
				say("pong")
				b <- 0
			}
		})
		each(1, func(int) {
			for i := 0; i < 3; i++ {
				a <- 0
				say("ping")
				<-b
			}
		})
		each(1, func(int) { say("third") })
		wait(3)
	},
	"sleep": func() {
		each(4, func(i int) { time.Sleep(time.Duration(i+1) * time.Millisecond); say("", i+1) })
		runtime.Gosched()
		for t := time.Now(); time.Since(t) < 8*time.Millisecond; {
		}
		wait(4)
	},
	"sleep 0": func() {
		each(1, func(int) { say("other") })
		time.Sleep(0)
		time.Sleep(-5)
		say("main")
		wait(1)
	},
	"bypass": func() {
		c := make(chan int, 2)
		parked(1, func(int) { say("got", <-c) })
		for i := 7; i < 10; i++ {
			c <- i
			say("len", len(c))
		}
		wait(1)
	},
	"head out, tail in": func() {
		c := make(chan int, 2)
		c <- 0
		c <- 1
		parked(2, func(i int) { c <- i + 2; say("sent", i+2) })
		for i := 0; i < 4; i++ {
			say("got", <-c)
			say("len", len(c))
		}
		wait(2)
	},
	"range": func() {
		c := make(chan int)
		each(1, func(int) {
			for v := range c {
				say("", v)
			}
			say("closed")
		})
		for i := 0; i < 3; i++ {
			c <- i
			say("sent", i)
		}
		close(c)
		say("main")
		wait(1)
	},
	"producer": func() {
		c := make(chan int, 2)
		each(1, func(int) {
			for i := 0; i < 5; i++ {
				c <- i
				say("sent", i)
			}
			close(c)
		})
		for v := range c {
			say("", v)
		}
		wait(1)
	},
	"drained": func() {
		c := make(chan int, 2)
		c <- 1
		c <- 2
		close(c)
		for v := range c {
			say("", v)
		}
		v, ok := <-c
		say(fmt.Sprint(v, " ", ok, " ", len(c), " ", cap(c)))
	},
	"reused wait group": func() {
		var wg sync.WaitGroup
		wg.Add(1)
		parked(1, func(int) { defer func() { say(fmt.Sprint(recover())) }(); wg.Wait() })
		wg.Done()
		wg.Add(1)
		wait(1)
	},
	"negative wait group": func() {
		var wg sync.WaitGroup
		func() { defer func() { say(fmt.Sprint(recover())) }(); wg.Add(-1) }()
		wg.Add(1)
		wg.Wait()
		say("main")
	},
	"258 goroutines":  func() { inOrder(258) },
	"300 goroutines":  func() { inOrder(300) },
	"600 goroutines":  func() { inOrder(600) },
	"1000 goroutines": func() { inOrder(1000) },
}

func main() {
	if len(os.Args) > 1 {
		programs[os.Args[1]]()
		fmt.Println(words...)
		return
	}
	names := make([]string, 0, len(programs))
	for name := range programs {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		output, err := exec.Command(os.Args[0], name).CombinedOutput()
		if err != nil {
			panic(err)
		}
		fmt.Print(name, ": ", string(output))
	}
}
