"""A select of a hundred cases finds the one that is ready, and the one that becomes ready."""

from cluster import Chan, go, select


async def main():
    channels = [Chan(1) for _ in range(100)]
    await channels[71].send(1)
    print(*await select(*(c.recv() for c in channels)))
    go(channels[13].send, 2)
    print(*await select(*(c.recv() for c in channels)))
