"""A buffered channel as a semaphore: never more than its size are at work."""

from cluster import Chan, go, sleep


async def main():
    slots, done = Chan(3), Chan()
    working = most = 0

    async def work():
        nonlocal working, most
        await slots.send(True)
        working += 1
        most = max(most, working)
        await sleep(0.001)
        working -= 1
        await slots.recv()
        await done.send(True)

    for _ in range(10):
        go(work)
    for _ in range(10):
        await done.recv()
    print(most)
