"""Goroutines that talk, and make a blocking call each time, do not hold up a timer."""

import time

from cluster import Chan, after, go, select, syscall


async def main():
    c = Chan()

    async def either():
        while True:
            await select(c.send(1), c.recv())
            await syscall(time.sleep, 0.0001)

    go(either)
    go(either)
    await after(0.02).recv()
    print("the timer fired")
