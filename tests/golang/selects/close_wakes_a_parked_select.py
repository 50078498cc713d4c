"""A close wakes a parked select: a receive gets false, a send panics."""

from cluster import Chan, Panic, go, gosched, select


async def main():
    a, b, c = Chan(), Chan(zero=0), Chan()
    done = Chan()

    async def receiver():
        _, v, ok = await select(a.recv(), b.recv())
        print(v, ok)
        await done.send(True)

    async def sender():
        try:
            await select(a.recv(), c.send(1))
        except Panic as p:
            print(p)
        await done.send(True)

    go(receiver)
    go(sender)
    await gosched()
    b.close()
    await done.recv()
    c.close()
    await done.recv()
