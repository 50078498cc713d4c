"""Unlock readies one waiter, the one that came first; the unlocker goes on."""

from cluster import Mutex, go, gosched


async def main():
    mu = Mutex()
    await mu.lock()

    async def locker(i):
        await mu.lock()
        print("locked by", i)
        mu.unlock()

    for i in range(3):
        go(locker, i)
        await gosched()
    mu.unlock()
    print("main")
    await gosched()
    await gosched()
