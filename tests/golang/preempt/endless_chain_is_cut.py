"""A chain in runnext shares one slice: after 10 ms it is cut, and the global queue gets its turn."""

from cluster import go, gosched


async def main():
    stop = False

    async def link():
        if not stop:
            go(link)

    go(link)
    await gosched()
    stop = True
    print("main ran")
