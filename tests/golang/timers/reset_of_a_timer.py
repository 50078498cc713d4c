"""Reset says whether the timer was pending, and makes it fire at the new time, once."""

import time

from cluster import Timer


async def main():
    start = time.monotonic()
    t = Timer(3600)
    print(t.reset(0.003))
    await t.c.recv()
    print(t.reset(0.003))
    await t.c.recv()
    print(t.stop(), t.reset(0.001), t.reset(0.002))
    await t.c.recv()
    elapsed = time.monotonic() - start
    print(elapsed > 0.008, elapsed < 1, len(t.c))
