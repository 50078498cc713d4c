"""The limit holds for all goroutines, those that were started before it was set, too."""

from cluster import Chan, call, go, gosched, set_max_stack


async def deep(n):
    return await call(deep, n + 1) + 1


async def main():
    c = Chan()

    async def one():
        await c.recv()
        await call(deep, 0)

    go(one)
    await gosched()
    set_max_stack(1 << 19)
    await c.send(True)
    await c.recv()
