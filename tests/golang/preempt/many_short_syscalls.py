"""Goroutines that make short blocking calls in a loop all end when they are told to."""

import time

from cluster import Chan, WaitGroup, default, go, select, sleep, syscall


async def main():
    stop, wg = Chan(), WaitGroup()

    async def caller(i):
        while (await select(stop.recv(), default)).index == 1:
            await syscall(time.sleep, i / 10_000)
        wg.done()

    for i in range(1, 9):
        wg.add(1)
        go(caller, i)
    await sleep(0.02)
    stop.close()
    await wg.wait()
    print("all ended")
