"""A select that was served by one channel is passed over in the queues of the others."""

from cluster import Chan, go, gosched, select


async def main():
    a, b = Chan(), Chan()

    async def selector():
        index, v, _ = await select(a.recv(), b.recv())
        print("select got", "ab"[index], v)

    async def receiver():
        print("receiver got", await a.recv())

    go(selector)
    await gosched()
    go(receiver)
    await gosched()
    await b.send(1)
    await a.send(2)
    await gosched()
