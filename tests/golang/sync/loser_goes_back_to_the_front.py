"""A waiter that is readied and finds the Mutex locked again goes back to the front of the queue."""

from cluster import Mutex, go, gosched


async def main():
    mu = Mutex()
    await mu.lock()

    async def locker(i):
        await mu.lock()
        print("locked by", i)
        mu.unlock()

    for i in range(2):
        go(locker, i)
        await gosched()
    mu.unlock()
    await mu.lock()
    await gosched()  # the first waiter loses
    mu.unlock()
    await gosched()
    await gosched()
