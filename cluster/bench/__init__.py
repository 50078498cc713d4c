"""Measurements. Never run by the tests as anything but a smoke run: no time is ever asserted.

kernel   what a switch, a hop, a spawn and a parked goroutine cost in one M, beside asyncio and Go
lease    the round trip of a P's lease between two processes
moving   what it costs to move a started goroutine, and whether that leaves anything behind
movefuzz random programs, moved at random, beside the same unmoved; asyncprograms writes them, movepeer is
         the second process

Run one by `python -m cluster.bench.kernel`.
"""
