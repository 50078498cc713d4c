"""The table of Ps is resized again and again under goroutines that run: none is lost."""

from cluster import Chan, go, gomaxprocs, gosched


async def main():
    c = Chan()

    async def one(i):
        for _ in range(20):
            await gosched()
        await c.send(i)

    for i in range(10):
        go(one, i)
    for i in range(10):
        await gomaxprocs(i % 3 + 1)
        await gosched()
    print(sum([await c.recv() for _ in range(10)]))
