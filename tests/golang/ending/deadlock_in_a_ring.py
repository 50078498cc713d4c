"""Two goroutines that wait for each other, and main for both."""

from cluster import Chan, go


async def main():
    a, b, done = Chan(), Chan(), Chan()

    async def relay(source, to):
        await to.send(await source.recv())
        await done.send(0)

    go(relay, a, b)
    go(relay, b, a)
    await done.recv()
