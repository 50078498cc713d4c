"""Signal readies the goroutine that waits longest; a broadcast all of them, in order."""

from cluster import Cond, Mutex, go, gosched


async def main():
    mu = Mutex()
    cond = Cond(mu)

    async def waiter(i):
        async with mu:
            await cond.wait()
            print(i)

    for i in range(5):
        go(waiter, i)
        await gosched()
    cond.signal()
    print("signal")
    await gosched()
    cond.signal()
    print("signal")
    await gosched()
    cond.broadcast()
    print("broadcast")
    await gosched()
