"""A Mutex that starves is handed from waiter to waiter, in order; whoever only tries does not get it."""

import time

from cluster import Mutex, go, gosched


async def main():
    mu = Mutex()
    await mu.lock()

    async def waiter(i):
        async with mu:
            print("waiter", i, await mu.try_lock())

    for i in range(3):
        go(waiter, i)
        await gosched()
    start = time.monotonic()
    while time.monotonic() - start < 0.003:
        pass
    mu.unlock()
    async with mu:
        await gosched()  # the first waiter loses
    print("main", await mu.try_lock())
    await gosched()
