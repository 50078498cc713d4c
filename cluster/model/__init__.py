"""The words of the project: what everything else is said in. Imports nothing of ours.

ids       names of Gs, Ms, Ps, programs and shared objects
status    the states of G, M and P, with the tables of legal moves
errors    the one hierarchy of errors
panics    how Go prints the value of a panic
lease     the right of an M to run under a P, until a deadline
limits    every bound and every period, with its reason
clock     instants and durations in integer nanoseconds
"""
