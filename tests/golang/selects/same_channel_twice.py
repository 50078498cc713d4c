"""A select that waits twice on one channel takes one value, and leaves no trace of the other case."""

from cluster import Chan, default, go, gosched, select


async def main():
    c, done = Chan(), Chan()

    async def twice():
        _, v, _ = await select(c.recv(), c.recv())
        await done.send(v)

    go(twice)
    await gosched()
    await c.send(1)
    print(await done.recv())
    if (await select(c.send(2), default)).index == 0:
        print("somebody is still waiting")
    else:
        print("nobody is waiting")
