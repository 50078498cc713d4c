"""A thousand goroutines: the ring overflows several times, and batches come back from the global queue."""

from cluster import Chan, go, gosched


async def main():
    for _ in range(23):
        await gosched()  # to tick 24, where Go's P is after its own goroutines and 20 of these
    done = Chan()
    ran = 0

    async def one(i):
        nonlocal ran
        print(i)
        ran += 1
        if ran == 100:
            await done.send(True)

    for i in range(1000):
        go(one, i)
    await done.recv()
