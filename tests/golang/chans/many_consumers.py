"""23 workers take 2000 items from one channel and send them on: nothing is lost, nothing comes twice."""

from cluster import Chan, WaitGroup, go, gosched


async def main():
    items, results = Chan(17), Chan(5)
    wg = WaitGroup()

    async def worker():
        async for v in items:
            if v % 7 == 0:
                await gosched()
            await results.send(v)
        wg.done()

    async def feed():
        for i in range(2000):
            await items.send(i)
        items.close()
        await wg.wait()
        results.close()

    for _ in range(23):
        wg.add(1)
        go(worker)
    go(feed)
    count = total = 0
    async for v in results:
        count += 1
        total += v
    print(count, total)
