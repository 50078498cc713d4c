"""The coordinator: one process that owns the P table, the coordinator's share of the global queue,
the programs, and the membership of the cluster.

core/       decisions: pure and single-threaded; messages and the time in, messages out
server.py   hands: the socket, the poll, the clock
__main__    the command line

Must never import: worker.
"""
