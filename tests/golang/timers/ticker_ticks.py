"""A ticker ticks each period, for the first time after one."""

import time

from cluster import Ticker


async def main():
    start = time.monotonic()
    t = Ticker(0.003)
    for _ in range(5):
        await t.c.recv()
    t.stop()
    elapsed = time.monotonic() - start
    print(elapsed >= 0.015, elapsed < 0.5)
