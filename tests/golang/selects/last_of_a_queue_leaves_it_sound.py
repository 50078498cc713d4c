"""A select that was last in the queue of a channel leaves it sound: later waiters are found."""

from cluster import Chan, go, gosched, select


async def main():
    c, other, done = Chan(), Chan(), Chan()

    async def receiver():
        await done.send(await c.recv())

    async def selector():
        await select(c.recv(), other.recv())
        await done.send(await c.recv())

    go(receiver)
    await gosched()
    go(selector)
    await gosched()
    await other.send(0)
    await gosched()
    go(receiver)
    await gosched()
    for i in range(1, 4):
        await c.send(i)
    print(await done.recv() + await done.recv() + await done.recv())
