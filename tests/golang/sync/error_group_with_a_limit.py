"""An error group with a limit has never more goroutines at work."""

from cluster import ErrGroup, sleep


async def main():
    g = ErrGroup(limit=2)
    working = most = 0

    async def work():
        nonlocal working, most
        working += 1
        most = max(most, working)
        await sleep(0.001)
        working -= 1

    for _ in range(8):
        g.go(work)
    await g.wait()
    print(most)
