"""A chain of goroutines each starting the next stays in runnext: those in the ring wait for its end."""

from cluster import go, gosched


async def link(n):
    if n == 100:
        print("the chain ends")
        return
    go(link, n + 1)


async def main():
    go(print, "other")
    go(link, 0)
    await gosched()
    print("main")
