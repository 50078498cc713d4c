"""After main left by Goexit those that are left may deadlock: main is not among them."""

from cluster import Chan, go, goexit


async def main():
    c = Chan()

    async def receiver():
        await c.recv()

    async def other():
        await c.recv()
        await c.send(1)

    go(receiver)
    go(other)
    goexit()
