"""A sender selects among four channels, four goroutines forward to one: each value arrives once."""

from cluster import Chan, WaitGroup, go, select


async def main():
    channels = [Chan() for _ in range(4)]
    everything = Chan()
    wg = WaitGroup()

    async def sender():
        for i in range(2000):
            await select(*(c.send(i) for c in channels))
        for c in channels:
            c.close()

    async def forward(c):
        async for v in c:
            await everything.send(v)
        wg.done()

    async def end():
        await wg.wait()
        everything.close()

    go(sender)
    for c in channels:
        wg.add(1)
        go(forward, c)
    go(end)
    values = [v async for v in everything]
    print(len(set(values)), len(values) - len(set(values)))
