"""Who comes back from a call that blocked gets its turn beside one that never yields, and that one goes on, too."""

import time

from cluster import Chan, go


async def main():
    back = Chan(3)

    async def calls(i):
        time.sleep((i + 1) * 0.06)
        await back.send(i)

    for i in range(3):
        go(calls, i)
    end = Chan()

    async def hog():
        n = 0
        while len(back) < 3:
            n += 1
        await end.send(n)

    go(hog)
    before = time.monotonic()
    print(await end.recv() > 0, time.monotonic() - before < 2)
    print(await back.recv(), await back.recv(), await back.recv())
