// A goroutine that waits for a connection leaves its P to the others, and goes on when something has come.
package main

import (
	"fmt"
	"net"
	"os"
	"strings"
)

// Lines are printed at the end: a write is a system call, and would let others run in between.
var out strings.Builder

func say(words ...any) { fmt.Fprintln(&out, words...) }
func flush()           { fmt.Print(out.String()) }

func main() {
	defer flush()
	listener, _ := net.Listen("unix", fmt.Sprintf("@waits-%d", os.Getpid()))
	there, _ := net.Dial("unix", listener.Addr().String())
	here, _ := listener.Accept()
	done := make(chan bool)
	go func() {
		got := make([]byte, 10)
		say("waits")
		n, err := here.Read(got)
		say("has", string(got[:n]), err)
		n, err = here.Read(got)
		say(n, err)
		done <- true
	}()
	for i := 0; i < 3; i++ {
		i := i
		go func() {
			say("other", i)
			done <- true
		}()
	}
	for i := 0; i < 3; i++ {
		<-done
	}
	there.Write([]byte("word"))
	there.Close()
	<-done
}
