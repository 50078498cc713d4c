"""A pipeline over unbuffered channels: each value is passed on as far as the next waits for it."""

from cluster import Chan, go


async def stage(name, source, to):
    async for v in source:
        print(name, v)
        await to.send(v + 1)
    to.close()


async def main():
    a, b, c = Chan(), Chan(), Chan()

    async def feed():
        for i in range(0, 30, 10):
            await a.send(i)
        a.close()

    go(stage, "a", a, b)
    go(stage, "b", b, c)
    go(feed)
    async for v in c:
        print("main", v)
