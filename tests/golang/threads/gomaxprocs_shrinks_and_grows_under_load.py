"""Ps come and go under goroutines that compute, talk and wait: what waits on a P that goes is lost to nobody."""

from cluster import Chan, go, gomaxprocs, gosched


async def main():
    results = Chan()

    async def works(i):
        own = Chan(1)
        sum = 0
        for k in range(25):
            await own.send(i * k)
            await gosched()
            sum += await own.recv()
        await results.send(sum)

    for i in range(40):
        go(works, i)
    seen = []
    for n in [4, 1, 3, 2, 1, 4, 1]:
        seen.append(str(await gomaxprocs(n)))
        await gosched()
    total = sum([await results.recv() for _ in range(40)])
    print(f"[{' '.join(seen)}]", await gomaxprocs(0), total)
