"""Wait at zero returns at once and lets nobody run."""

from cluster import WaitGroup, go, gosched


async def main():
    wg = WaitGroup()
    go(print, "other")
    await wg.wait()
    wg.add(3)
    wg.add(-3)
    await wg.wait()
    print("main")
    await gosched()
