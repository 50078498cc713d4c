"""A select between two sends on one channel takes both, now and then."""

from cluster import Chan, select


async def main():
    c = Chan(1)
    counts = [0, 0]
    for _ in range(200):
        await select(c.send(0), c.send(1))
        counts[await c.recv()] += 1
    print(counts[0] > 0, counts[1] > 0)
