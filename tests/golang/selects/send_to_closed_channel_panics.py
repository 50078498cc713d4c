"""A case that sends to a closed channel is ready, and panics when it is taken."""

from cluster import Chan, Panic, default, select


async def main():
    a, b = Chan(), Chan(1)
    b.close()
    try:
        await select(a.recv(), b.send(1), default)
    except Panic as p:
        print(p)
