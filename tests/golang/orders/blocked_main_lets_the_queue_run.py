"""Who blocks leaves its P to runnext, then to the ring."""

from cluster import Chan, go, gosched


async def main():
    c = Chan()

    async def sender():
        print("sender")
        await c.send(7)
        print("sender goes on")

    go(print, "first")
    go(sender)
    go(print, "last")
    print("main got", await c.recv())
    await gosched()
