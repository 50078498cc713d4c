"""A thousand goroutines wait on one shared and one private channel each; each is woken by its own."""

from cluster import Chan, go, gosched, select


async def main():
    shared, done = Chan(), Chan()
    private = [Chan() for _ in range(1000)]

    async def selector(c):
        index, v, _ = await select(shared.recv(), c.recv())
        await done.send(v if index else 1_000_000)

    for c in private:
        go(selector, c)
    await gosched()
    total = 0
    for i, c in enumerate(private):
        await c.send(i)
        total += await done.recv()
    print(total)
