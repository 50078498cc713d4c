"""A dump of all has as many entries as NumGoroutine counts; who has ended is not among them."""

from cluster import Chan, go, gosched, num_goroutine, stack


async def main():
    c = Chan()

    async def receiver():
        await c.recv()

    for _ in range(10):
        go(receiver)
    await gosched()
    for i in range(3):
        await c.send(i)
    await gosched()
    dump = await stack(all=True)
    print(await num_goroutine(), dump.count("goroutine "), dump.count("created by "))
