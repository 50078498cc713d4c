"""The goroutine kernel of one M: switches, queues, channels, timers. It knows no socket, no process,
no thread; the time is handed in through a `Clock`, and what leaves the M goes out through `Far`.

It is driven: `Sched.run(lease, budget)` switches among goroutines until nothing is runnable, an
event must be told to the shell, or the budget is spent. No lease, no goroutine.

sched      the switch loop; the run queue of the P, and this M's share of the global queue
g          one goroutine, the program it belongs to, and the records of those that wait
runner     the stack on which goroutines run, so that one can be left where it stands
deferred   `finally` blocks that a panic runs, for which main waits
events     what a run may end with
racing     --race: what goroutines give each other is copied
stealing   what a thief may take
stack      stacks that grow: call
goexit     the end of one goroutine
runtime    package runtime: panic, exit, stack, gomaxprocs, syscall …
outside    the seam to helper threads, to files, and to the program's other Ms
netpoll    waiting for files: readable, writable, deadlines
calling    functions that call the program's, with nothing half done
parks      coroutine functions whose own body yields to the loop
chan       hchan: buffered and unbuffered channels
waitq      who waits at a channel: the queue, and the record of a select in it
deals      matches on one channel in which a select or another M takes part
claims     the claim of a select, for which the homes of its channels ask
select     the statement: its cases, and the choice among them
lending    an end of a channel is lent to another M: the home's side
borrowing  the other side
parcels    values that cross many in a message
nilchan    nil, the channel on which nothing ever happens
waitgroup  sync.WaitGroup
sema       the semaphore under the locks
mutex      sync.Mutex: barging and starvation
rwmutex    sync.RWMutex
once       sync.Once
cond       sync.Cond
semaphore  x/sync's semaphore.Weighted
errgroup   x/sync's errgroup.Group
promise    submit: goroutines whose results other goroutines wait for
plain      values that nobody can change, which go many in a message
tasks      goroutines whose results a client waits for
cancelling  a Goexit in a goroutine that nobody wants any more
context    Go's package context
timers     the timer heap
tickers    Timer, Ticker, after, after_func
shared     which types are one object for all Ms
handles    both ends of a handle: asking the home, and a waiter of another M there
far        the seam to objects whose home is another M
dump       goroutine dumps in Go's format
waiting    why a goroutine waits: for which object, and who has to do with that

Must never import: cluster.wire, cluster.api, sockets, threads, processes, the environment.
"""
