"""A thousand goroutines sleep at the same time, and all wake."""

import time

from cluster import WaitGroup, go, sleep


async def main():
    start = time.monotonic()
    wg = WaitGroup()

    async def sleeper(i):
        await sleep((i % 10 + 1) / 1000)
        wg.done()

    for i in range(1000):
        wg.add(1)
        go(sleeper, i)
    await wg.wait()
    print(time.monotonic() - start < 1)
