"""A channel of one place guards a counter: no increment is lost, although its holder yields."""

from cluster import Chan, go, gosched


async def main():
    lock, done = Chan(1), Chan()
    n = 0

    async def count():
        nonlocal n
        for _ in range(20):
            await lock.send(True)
            old = n
            await gosched()
            n = old + 1
            await lock.recv()
        await done.send(True)

    for _ in range(5):
        go(count)
    for _ in range(5):
        await done.recv()
    print(n)
