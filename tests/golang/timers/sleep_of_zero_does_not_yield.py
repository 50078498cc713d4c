"""A sleep of zero, or of less, returns at once and lets nobody run."""

from cluster import go, gosched, sleep


async def main():
    go(print, "other")
    await sleep(0)
    await sleep(-5)
    print("main")
    await gosched()
