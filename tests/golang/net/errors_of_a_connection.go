// A deadline and a close end reads and writes, under way and to come, each with its own error.
package main

import (
	"fmt"
	"net"
	"os"
	"time"
)

func main() {
	path := fmt.Sprintf("@connection-%d", os.Getpid())
	say := func(err error) {
		text := fmt.Sprint(err)
		for i := 0; i+len(path) <= len(text); i++ {
			if text[i:i+len(path)] == path {
				text = text[:i] + "PATH" + text[i+len(path):]
			}
		}
		fmt.Println(text)
	}
	listener, _ := net.Listen("unix", path)
	_, err := net.Listen("unix", path)
	say(err)
	there, _ := net.Dial("unix", path)
	here, _ := listener.Accept()
	there.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
	_, err = there.Read(make([]byte, 1))
	say(err)
	_, err = there.Read(make([]byte, 1))
	say(err)
	there.SetWriteDeadline(time.Now().Add(-time.Millisecond))
	_, err = there.Write([]byte("x"))
	say(err)
	there.SetDeadline(time.Time{})
	n, _ := there.Write([]byte("four"))
	there.(*net.UnixConn).CloseWrite()
	got := make([]byte, 10)
	m, _ := here.Read(got)
	fmt.Println(n, string(got[:m]))
	m, _ = here.Read(got)
	fmt.Println(m)
	go func() {
		time.Sleep(5 * time.Millisecond)
		there.Close()
	}()
	_, err = there.Read(got)
	say(err)
	_, err = there.Write(got)
	say(err)
	say(there.Close())
	say(there.(*net.UnixConn).CloseWrite())
	say(there.SetDeadline(time.Time{}))
	_, err = here.Write(got)
	say(err)
	go func() {
		time.Sleep(5 * time.Millisecond)
		listener.Close()
	}()
	_, err = listener.Accept()
	say(err)
	say(listener.Close())
	_, err = net.Dial("unix", path)
	say(err)
}
