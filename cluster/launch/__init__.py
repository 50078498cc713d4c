"""Starts, finds, watches and stops the processes of a cluster.

connection   the directory of a cluster, its connection file, and who may enter
cpus         how many CPUs this process may use
embedded     a coordinator and workers that live as long as one `with` block
dealer       a connection to a coordinator with one end of a link on it, for clients and nurseries
sockets      what every shell does with a ZeroMQ socket
gate         who may enter, where there are keys
depot        the files of large arguments and results
premises     where these are: made, locked, and cleared away
version      which Python this is
client       the link of a client to the coordinator

Must never import: worker, coordinator (it starts `python -m worker` and `python -m coordinator`).
"""
