"""Each goroutine has a stack of its own: ten of them are deep at the same time."""

from cluster import Chan, call, go


async def depth(n, bottom, back):
    if n == 0:
        await bottom.send(True)
        return await back.recv()
    return 1 + await call(depth, n - 1, bottom, back)


async def main():
    bottom, back, results = Chan(), Chan(), Chan()

    async def one():
        await results.send(await call(depth, 2000, bottom, back))

    for _ in range(10):
        go(one)
    for _ in range(10):
        await bottom.recv()
    total = 0
    for _ in range(10):
        await back.send(0)
        total += await results.recv()
    print(total)
