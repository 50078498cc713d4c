"""A count below zero, and Add while the waiters of before have not left: both panic."""

from cluster import Chan, Panic, WaitGroup, go, gosched


async def main():
    wg, reused, done = WaitGroup(), WaitGroup(), Chan()
    wg.add(1)
    try:
        wg.add(-2)
    except Panic as p:
        print(p)

    async def waiter():
        try:
            await reused.wait()
        except Panic as p:
            print(p)
        await done.send(True)

    reused.add(1)
    go(waiter)
    await gosched()
    reused.done()
    reused.add(1)
    await done.recv()
