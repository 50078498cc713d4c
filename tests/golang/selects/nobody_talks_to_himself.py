"""Two goroutines that each send and receive on one channel in a select never get their own value."""

from cluster import Chan, go, select


async def main():
    c, results = Chan(), Chan()

    async def talk(p):
        own = False
        for _ in range(500):
            index, v, _ = await select(c.recv(), c.send(p))
            own = own or (index == 0 and v == p)
        await results.send(own)

    go(talk, 0)
    go(talk, 1)
    print(await results.recv(), await results.recv())
