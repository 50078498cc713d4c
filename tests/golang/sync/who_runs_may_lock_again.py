"""Unlock grants nothing: who runs locks again before the waiter that it readied."""

from cluster import Mutex, go, gosched


async def main():
    mu = Mutex()
    await mu.lock()

    async def waiter():
        async with mu:
            print("waiter")

    go(waiter)
    await gosched()
    for i in range(3):
        mu.unlock()
        await mu.lock()
        print("main again", i)
    mu.unlock()
    await gosched()
