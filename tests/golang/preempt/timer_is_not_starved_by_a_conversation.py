"""Goroutines that never stop talking do not hold up a timer."""

from cluster import Chan, after, go, select


async def main():
    c = Chan()

    async def either():
        while True:
            await select(c.send(1), c.recv())

    go(either)
    go(either)
    await after(0.02).recv()
    print("the timer fired")
