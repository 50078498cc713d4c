"""Who was readied by a broadcast must lock first: all wait until the broadcaster unlocks."""

from cluster import Cond, Mutex, go, gosched


async def main():
    mu = Mutex()
    cond = Cond(mu)
    ready = False

    async def waiter(i):
        async with mu:
            while not ready:
                await cond.wait()
            print(i)

    for i in range(3):
        go(waiter, i)
    await gosched()
    await mu.lock()
    ready = True
    cond.broadcast()
    await gosched()
    print("main unlocks")
    mu.unlock()
    await gosched()
    await gosched()
