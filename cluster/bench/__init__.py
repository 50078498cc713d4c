"""Measurements. Never run by the tests as anything but a smoke run: no time is ever asserted.

kernel   what a switch, a hop, a spawn and a parked goroutine cost in one M, beside asyncio and Go
lease    the round trip of a P's lease between two processes

Run one by `python -m cluster.bench.kernel`.
"""
