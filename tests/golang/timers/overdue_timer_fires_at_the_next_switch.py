"""A timer that is overdue fires before the next goroutine runs, whoever that is."""

import time

from cluster import Timer, go, gosched, sleep


async def main():
    timer = Timer(0.001)
    slept = 0

    async def sleeper():
        nonlocal slept
        await sleep(0.001)
        slept = 1

    go(sleeper)
    await gosched()
    begin = time.monotonic()
    while time.monotonic() - begin < 0.005:
        pass
    await gosched()
    print(len(timer.c), slept)
