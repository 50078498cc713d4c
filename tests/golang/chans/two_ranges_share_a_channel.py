"""Two goroutines that range over one channel get each value once."""

from cluster import Chan, go


async def main():
    c, sums = Chan(), Chan()

    async def adder():
        total = 0
        async for v in c:
            total += v
        await sums.send(total)

    go(adder)
    go(adder)
    for i in range(1, 101):
        await c.send(i)
    c.close()
    print(await sums.recv() + await sums.recv())
