"""Measurements. Never run by the tests as anything but a smoke run: no time is ever asserted.

switching all that `cluster switch` measures: the ladder by parts, sweeps, steps, and what is left out
ladder    the rungs of the ladder, their baselines, and the switches that the kernel should count
parties   rungs of the standard library, one to a process; insiders those of our packages; floor.c, native.go the same
          in C and Go, built by built; served talks to such a process; placement says on which cores
acrossms  rungs between two Ms; hopping is the program
sweeps    parties in a ring, and memory that they touch: the lat_ctx method
outside   perf bench sched pipe and Go's own benchmarks, as rungs; do they agree with ours?
rows      the ladder in order, as CSV; plot draws it
steps     what the scheduler's own steps cost, from the benchmarks below
kernel    what a switch, a hop, a spawn and a parked goroutine cost in one M, beside asyncio and Go
lease     the round trip of a P's lease between two processes
moving    what it costs to move a started goroutine, and whether that leaves anything behind
crossing  the whole move from one M to another, until it runs there; travellers is the program
sysmon    how quickly the scheduler reacts, and what it takes while it is idle; misbehaving is the program
hogs      preemption at any point: are all results right? hogkinds is what the goroutines do
imbalance long-lived goroutines that all begin on one M, beside bare processes; uneven is the program
ticker    how late a ticker is beside goroutines that never await; the same in asyncio and trio
fuzz      mutated frames, at the decoders and at the sockets of real processes
storm     goroutines that talk while they and their Ps are taken away all the time; exchange is the program
movefuzz  random programs, moved at random, beside the same unmoved; asyncprograms writes them, movepeer is
          the second process
badtasks  tasks that go wrong in every way, among others that do not: are all results right?
chaos     kills, stops and broken connections under load, and a soak; chaosloads is the load, proxying what breaks
scaling   the same work on 1 … n Ps, beside a bare split (barefork); scalework is the program, threads the kernel's
          account of its time, efficiency what it comes to, laws the fits, scaleplot the picture
sampling  the protocol by which a cost is sampled, and its check; figures is samples with their spread
machine   what a figure is from: processor, kernel, hypervisor, versions; whether others use it meanwhile
peers     (a package) the pool beside all others: `cluster peers`
running   a program file on a cluster, for a measurement

Run one by `python -m cluster.bench.kernel`.
"""
