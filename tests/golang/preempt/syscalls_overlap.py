"""Threads in blocking calls do not count against GOMAXPROCS: six calls of 100 ms take far less than 600 ms."""

import time

from cluster import WaitGroup, go, syscall


async def main():
    start = time.monotonic()
    wg = WaitGroup()

    async def pause():
        await syscall(time.sleep, 0.1)
        wg.done()

    for _ in range(6):
        wg.add(1)
        go(pause)
    await wg.wait()
    print(time.monotonic() - start < 0.4)
