// What the same costs in Go: rungs with the arguments and answers of parties.py, and with Go's goroutines.
//
// Built at run time where there is a go, by built.py. One rung to a process: native RUNG CORE CORE. Each line of standard
// input is a count; the answer is "COUNT NANOSECONDS SWITCHES", or "! WHY".
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

func pin(core int) {
	if core < 0 {
		return
	}
	var mask [16]uint64
	mask[core/64] = 1 << (core % 64)
	_, _, bad := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask)))
	if bad != 0 {
		fmt.Printf("! no permission to pin a thread to core %d: %v\n", core, bad)
		os.Exit(1)
	}
}

func empty(count int) {
	for i := 0; i < count; i++ {
		sink = i
	}
}

var sink int

//go:noinline
func same(token int) int { return token }

func call(count int) {
	for i := 0; i < count; i++ {
		sink = same(i)
	}
}

// Two goroutines that yield to each other.
func gosched(count int) {
	var done sync.WaitGroup
	done.Add(2)
	for k := 0; k < 2; k++ {
		go func() {
			for i := 0; i < count/2; i++ {
				runtime.Gosched()
			}
			done.Done()
		}()
	}
	done.Wait()
}

// Over two unbuffered channels, there and back.
func hop(count int) {
	there, back := make(chan int), make(chan int)
	go func() {
		for token := range there {
			back <- token
		}
	}()
	for i := 0; i < count/2; i++ {
		there <- i
		<-back
	}
	close(there)
}

// Started and ended, a run queue's worth at a time.
func spawn(count int) {
	var done sync.WaitGroup
	done.Add(count)
	for i := 0; i < count; i++ {
		go done.Done()
		if i%256 == 255 {
			runtime.Gosched()
		}
	}
	done.Wait()
}

// Goroutines that wait on a channel: the answer's nanoseconds are bytes of the system's memory.
func parked(count int) int64 {
	never := make(chan int)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := 0; i < count; i++ {
		go func() { <-never }()
	}
	time.Sleep(100 * time.Millisecond)
	runtime.ReadMemStats(&after)
	return int64(after.HeapInuse + after.StackInuse - before.HeapInuse - before.StackInuse)
}

// Two goroutines that are wired to threads of their own, each on its core.
func wired(core int) func(int) {
	there, back := make(chan int), make(chan int)
	go func() {
		runtime.LockOSThread()
		pin(core)
		for token := range there {
			back <- token
		}
	}()
	return func(count int) {
		for i := 0; i < count/2; i++ {
			there <- i
			<-back
		}
	}
}

// The same with pipes, past the runtime's poller.
func pipeThread(core int) func(int) {
	var there, back [2]int
	if syscall.Pipe(there[:]) != nil || syscall.Pipe(back[:]) != nil {
		fmt.Println("! no pipe can be made")
		os.Exit(1)
	}
	go func() {
		runtime.LockOSThread()
		pin(core)
		token := make([]byte, 4)
		for {
			syscall.Read(there[0], token)
			syscall.Write(back[1], token)
		}
	}()
	token := make([]byte, 4)
	return func(count int) {
		for i := 0; i < count/2; i++ {
			syscall.Write(there[1], token)
			syscall.Read(back[0], token)
		}
	}
}

func pipeSelf() func(int) {
	var own [2]int
	if syscall.Pipe(own[:]) != nil {
		fmt.Println("! no pipe can be made")
		os.Exit(1)
	}
	token := make([]byte, 4)
	return func(count int) {
		for i := 0; i < count; i++ {
			syscall.Write(own[1], token)
			syscall.Read(own[0], token)
		}
	}
}

func switches() int64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage.Nvcsw + usage.Nivcsw
}

func opened(name string, second int) func(int) {
	switch name {
	case "empty":
		return empty
	case "call":
		return call
	case "gosched":
		return gosched
	case "hop":
		return hop
	case "spawn":
		return spawn
	case "wired":
		return wired(second)
	case "pipe_thread":
		return pipeThread(second)
	case "pipe_self":
		return pipeSelf()
	}
	fmt.Println("! there is no rung", name)
	os.Exit(1)
	return nil
}

func main() {
	name := os.Args[1]
	first, _ := strconv.Atoi(os.Args[2])
	second, _ := strconv.Atoi(os.Args[3])
	if first == second {
		runtime.GOMAXPROCS(1)
	}
	lines := bufio.NewScanner(os.Stdin)
	if name == "parked" {
		for lines.Scan() {
			count, _ := strconv.Atoi(lines.Text())
			fmt.Println(count, parked(count), -1)
		}
		return
	}
	debug.SetGCPercent(-1)
	runtime.LockOSThread() // threads that are made now inherit the core
	pin(first)
	if name != "wired" && name != "pipe_thread" {
		runtime.UnlockOSThread()
	}
	loop := opened(name, second)
	loop(2)
	for lines.Scan() {
		count, _ := strconv.Atoi(lines.Text())
		count += count % 2
		before, began := switches(), time.Now()
		loop(count)
		ns := time.Since(began).Nanoseconds()
		fmt.Println(count, ns, switches()-before)
	}
}
