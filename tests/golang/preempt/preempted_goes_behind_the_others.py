"""Who is cut after its slice stands at the tail of the global queue: all that were runnable run first."""

import time

from cluster import go


async def main():
    for i in range(3):
        go(print, i)
    start = time.monotonic()
    while time.monotonic() - start < 0.2:
        pass
    print("main")
