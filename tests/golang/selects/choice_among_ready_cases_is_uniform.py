"""Among cases that are always ready each is taken about as often."""

from cluster import Chan, select


async def main():
    channels = [Chan() for _ in range(4)]
    for c in channels:
        c.close()
    counts = [0] * 4
    for _ in range(10_000):
        counts[(await select(*(c.recv() for c in channels))).index] += 1
    for n in counts:
        print(2200 < n < 2800)
