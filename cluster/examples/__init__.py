"""Small programs that show what the runtime does. Run one by name, or its file:

    cluster demo primes
    cluster run --explain cluster/examples/hello.py
    cluster run -p 2 --trace primes.json cluster/examples/primes.py 1000000

hello              the smallest program, for watching the scheduler start
sieve              the concurrent prime sieve: a chain of goroutines that grows with each prime
primes             CPU-bound: primes counted on all cores, chunk by chunk, by a pool of goroutines
mandelbrot         CPU-bound: a goroutine per row, as text or as a picture
producer_consumer  several producers and consumers on one channel with little room
pipeline           stages joined by channels, one of them on as many cores as there are
worker_pool        jobs that wait, done by a few workers
handoff            goroutines that block their M in a call, and others that compute meanwhile
preempt            a ticker beside hogs that never await
daisy_chain        ten thousand goroutines in a row, and a message through all of them
catalog            what there is, and the last line that each must print

Each uses only the public names of `cluster`, shares nothing but channels and wait groups, and keeps
its module level to definitions, because that runs on every M. Must never import: anything else of ours.
"""
