"""Who yields is behind everything in the local queue, also behind what is started meanwhile."""

from cluster import go, gosched


async def generation(n):
    print("generation", n)
    if n < 5:
        go(generation, n + 1)


async def main():
    go(generation, 0)
    go(print, "other")
    await gosched()
    print("main")
