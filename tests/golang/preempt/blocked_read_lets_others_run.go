// A goroutine blocks in the kernel until another of the same P has run: its P is retaken.
package main

import (
	"fmt"
	"runtime"
	"syscall"
)

func main() {
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		panic(err)
	}
	said := make(chan string, 10)
	done := make(chan bool)
	go func() {
		said <- "reads"
		b := make([]byte, 5)
		n, _ := syscall.Read(pipe[0], b)
		said <- string(b[:n])
		close(done)
	}()
	runtime.Gosched()
	for i := 0; i < 3; i++ {
		said <- fmt.Sprint("others go on ", i)
		runtime.Gosched()
	}
	syscall.Write(pipe[1], []byte("hello"))
	<-done
	close(said)
	for line := range said {
		fmt.Println(line)
	}
}
