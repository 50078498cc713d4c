"""When the count reaches zero all waiters are readied, in order: the last runs first."""

from cluster import WaitGroup, go, gosched


async def main():
    wg = WaitGroup()
    wg.add(2)

    async def waiter(i):
        await wg.wait()
        print(i)

    for i in range(4):
        go(waiter, i)
        await gosched()
    wg.done()
    print("one is missing")
    await gosched()
    wg.done()
    print("main")
    await gosched()
