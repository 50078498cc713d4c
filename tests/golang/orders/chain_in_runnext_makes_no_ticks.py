"""A chain in runnext inherits its slice: no tick passes, and the global queue waits for all of it."""

from cluster import go, gosched


async def main():
    ran = 0

    async def link():
        nonlocal ran
        ran += 1
        if ran < 200:
            go(link)

    go(link)
    await gosched()
    print("main ran after", ran)
