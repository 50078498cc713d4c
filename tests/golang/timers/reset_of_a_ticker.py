"""Reset gives a ticker a new period, and starts a stopped one again."""

import time

from cluster import Ticker


async def main():
    start = time.monotonic()
    t = Ticker(3600)
    t.reset(0.002)
    await t.c.recv()
    await t.c.recv()
    t.stop()
    t.reset(0.003)
    await t.c.recv()
    t.stop()
    elapsed = time.monotonic() - start
    print(elapsed >= 0.007, elapsed < 1)
