"""Of sleepers that are all due the latest runs first: each that is readied takes runnext."""

import time

from cluster import Chan, go, gosched, sleep


async def main():
    done = Chan(4)

    async def sleeper(i):
        await sleep(i / 1000)
        print(i)
        await done.send(True)

    for i in range(1, 5):
        go(sleeper, i)
    await gosched()
    start = time.monotonic()
    while time.monotonic() - start < 0.006:
        pass
    for _ in range(4):
        await done.recv()
