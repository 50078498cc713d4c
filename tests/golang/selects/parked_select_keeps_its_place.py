"""A parked select waits in the queue of each channel as any receiver: first come, first served."""

from cluster import Chan, go, gosched, select


async def main():
    a, b = Chan(), Chan()

    async def receiver(name):
        print(name, await a.recv())

    async def selector():
        print("second", (await select(a.recv(), b.recv())).value)

    go(receiver, "first")
    await gosched()
    go(selector)
    await gosched()
    go(receiver, "third")
    await gosched()
    for i in range(1, 4):
        await a.send(i)
    await gosched()
