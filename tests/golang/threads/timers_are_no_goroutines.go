// Timers, tickers and functions that wait for their time are no goroutines.
package main

import (
	"fmt"
	"runtime"
	"time"
)

func main() {
	time.NewTicker(time.Hour)
	time.NewTimer(time.Hour)
	time.AfterFunc(time.Hour, func() {})
	fmt.Println(runtime.NumGoroutine())
}
