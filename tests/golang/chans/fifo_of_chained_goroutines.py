"""Senders that start each other over unbuffered channels deliver in the order of the chain."""

from cluster import Chan, go


async def main():
    c = Chan()

    async def link(i, turn, following):
        await turn.recv()
        await c.send(i)
        await following.send(True)

    before = Chan(1)
    await before.send(True)
    for i in range(10):
        following = Chan(1)
        go(link, i, before, following)
        before = following
    for _ in range(10):
        print(await c.recv())
