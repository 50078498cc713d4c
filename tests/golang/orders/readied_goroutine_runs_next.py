"""A receiver that is readied takes runnext from the goroutine that was started last."""

from cluster import Chan, go, gosched


async def main():
    c = Chan()

    async def receiver():
        print("received", await c.recv())

    go(receiver)
    await gosched()
    go(print, "first")
    go(print, "second")
    await c.send(1)
    print("main")
    await gosched()
