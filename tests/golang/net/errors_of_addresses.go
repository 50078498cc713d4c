// An address that cannot be is refused before anybody is called, and its error says what is wrong with it.
package main

import (
	"fmt"
	"net"
)

func main() {
	for _, address := range []string{
		"", "127.0.0.1", "127.0.0.1:http:80", "::1:80", "[::1]", "[::1]80", "[::1]80:90", "[::1:80", "[::1]:80:90",
		"a[b:80", "ab]:80", "127.0.0.1:99999", "127.0.0.1:-1", "127.0.0.1:no-such-service", "127.0.0.1:1",
		"127.0.0.1:+1",
	} {
		_, err := net.Dial("tcp", address)
		fmt.Println(err)
	}
	for _, network := range []string{"", "foo", "tcp7"} {
		_, err := net.Dial(network, "127.0.0.1:1")
		fmt.Println(err)
		_, err = net.Listen(network, "127.0.0.1:0")
		fmt.Println(err)
	}
	for _, address := range []string{"127.0.0.1", "127.0.0.1:99999", "1.2.3.4:80"} {
		_, err := net.Listen("tcp", address)
		fmt.Println(err)
	}
	_, err := net.Dial("unix", "/no/such/file")
	fmt.Println(err)
	_, err = net.Listen("unix", "/no/such/file")
	fmt.Println(err)
	_, err = net.Dial("unix", "")
	fmt.Println(err)
}
