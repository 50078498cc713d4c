"""The protocol: what processes say to each other, and how it becomes bytes.

messages   every message there is, one union per direction
parts      what messages are made of
codec      messages to frames and back, with every field checked against its type
byvalue    functions without a name; loaded on first need
pickling   goroutines and values that cross an M, with runtime objects sent by name

Imports cluster.model and cluster.kernel. Never a socket.
"""
