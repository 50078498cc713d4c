"""Goroutines that yield for ever do not hold up one that sleeps."""

from cluster import go, gosched, sleep


async def main():
    async def yielder():
        while True:
            await gosched()

    for _ in range(3):
        go(yielder)
    await sleep(0.01)
    print("main woke")
