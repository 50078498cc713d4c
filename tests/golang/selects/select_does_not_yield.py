"""A select with a ready case or a default lets nobody else run."""

from cluster import Chan, default, go, gosched, select


async def main():
    c = Chan(1)
    go(print, "other")
    for i in range(3):
        await select(c.send(i), c.recv(), default)
    print("main")
    await gosched()
