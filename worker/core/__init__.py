"""The decisions of one M. They drive the kernel, but know no socket, clock, thread or process.

machine         the M as a state machine: messages in, runs of the kernel, messages out
hands           what the machine needs done by its shell
incall          a call that blocks: what becomes of the P, and of those who need this M
find_runnable   what an M does when it has nothing to run: watch, ask, give its P back
lease           renewals and deadlines
lines           lines that goroutines print and that have not ended
outbox          what may leave when: causal order across Ms
homes           objects of this M that others use, and handles on theirs
queries         what goroutines of this M ask about all of their program
records         goroutines as records that another M can run
arrivals        goroutines that come to this M
moves           goroutines that leave this M: when, how many, and what if they cannot
pace            how long slices are, of this M and of single goroutines: whether a move pays
hunger          what others want of this M, or have for it, as the coordinator says
tracing         which goroutine ran when, on which core
verdicts        the ends of programs, on their way to the coordinator
endings         exit codes and texts
programs        the programs that have goroutines here
tasks           the tasks of pools: reading them, telling their results
budget          how many dispatches before the next look at the sockets
census          answers to the coordinator's questions
inquiries       answers to cluster why: one goroutine, and for what it waits

Must never import: sockets, clocks, threads, processes, the environment.
"""
