"""The protocol: what processes say to each other, and how it becomes bytes.

messages   every message there is, one union per direction
codec      messages to frames and back, with every field checked against its type
pickling   goroutines and values that cross an M, with runtime objects sent by name
program    where a program's code is found, and how its main file is imported on an M

Imports cluster.model and cluster.kernel; never a socket.
"""
