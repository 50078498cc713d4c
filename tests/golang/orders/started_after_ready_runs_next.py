"""A goroutine started after a ready takes runnext from the one that was readied."""

from cluster import Chan, go, gosched


async def main():
    c = Chan()

    async def receiver():
        print("received", await c.recv())

    go(receiver)
    await gosched()
    go(print, "first")
    await c.send(1)
    go(print, "second")
    await gosched()
