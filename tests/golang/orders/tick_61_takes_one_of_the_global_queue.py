"""Who yielded to a full ring gets its turn at the next multiple of 61 ticks, not after the ring."""

from cluster import go, gosched


async def main():
    for _ in range(23):
        await gosched()  # to tick 24, where Go's P is after its own goroutines and 20 of these
    ran = 0

    async def one():
        nonlocal ran
        ran += 1

    for _ in range(200):
        go(one)
    while ran < 200:
        await gosched()
        print("main ran after", ran)
