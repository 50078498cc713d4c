"""Timers that are set in any order fire in the order of their times."""

from cluster import Chan, after, go


async def main():
    done = Chan()

    async def wait(slot):
        await after(slot * 0.02).recv()
        await done.send(slot)

    for slot in (5, 3, 6, 1, 4, 2):
        go(wait, slot)
    for _ in range(6):
        print(await done.recv())
