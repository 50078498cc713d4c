"""The decisions of the coordinator. One message is one critical section: this is `sched.lock`.

state        all that the coordinator knows, in one place
ptable       Ps: leases and epochs
membership   Ms: who is there, idle, wanting, spinning
ending       how a program begins and ends
programs     programs from their start to their last line of output
pools        programs whose client submits tasks: who has which, and what is lost with an M
globrunq     goroutines that no M owns
newm         more Ms, when goroutines wait for one
placement    who gets which P and which goroutines; hunger
survey       rounds of questions to all Ms: deadlock, schedtrace
status       what people see
sysmon       what happens by the passing of time
queries      what a goroutine asks about all of its program; stopping the world
why          where one goroutine is, for what it waits, and how it came there
schedtrace   Go's lines
step         a message in, the messages out

Must never import: sockets, clocks, threads, processes, the environment.
"""
