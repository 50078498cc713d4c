"""A worker: one process, one M. It leases a P from the coordinator and runs goroutines under it.

core/        decisions: what to do with a message, when to look for work, what may leave when
loop.py      hands: the main loop, and the sysmon thread that stands in while it is busy
link.py      hands: the sockets to the coordinator and to other Ms
netpoll.py   hands: the files that goroutines wait for
loading.py   hands: imports a program's main file
argv.py      hands: `sys.argv`, which each program has of its own
watch.py     hands: whether the main thread computes or blocks
output.py    hands: what goroutines print
pinning.py   hands: `--pin`
nursery.py   hands: the parent process that starts Ms and sees them die
__main__     the command line

Must never import: coordinator.
"""
