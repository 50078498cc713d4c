"""A pair of goroutines that computes between messages, and one that does not, share a P within a factor of 20."""

from cluster import Chan, go, sleep


async def main():
    counts = [0, 0]

    async def echo(c, back):
        async for v in c:
            await back.send(v)

    async def pair(which, work):
        c, back = Chan(), Chan()
        go(echo, c, back)
        while True:
            for _ in range(work):
                counts[which] += 1
            await c.send(0)
            await back.recv()
            counts[which] += 1

    go(pair, 0, 10_000)
    go(pair, 1, 0)
    await sleep(0.3)
    print(counts[0] > 0, counts[1] > 0)
