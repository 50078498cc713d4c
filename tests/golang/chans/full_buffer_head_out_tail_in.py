"""A receive from a full buffer takes the head; the value of the sender that waited longest goes to the tail."""

from cluster import Chan, go, gosched


async def main():
    c = Chan(2)
    await c.send(0)
    await c.send(1)

    async def sender(i):
        await c.send(i)
        print("sent", i)

    for i in range(2, 4):
        go(sender, i)
        await gosched()
    for _ in range(4):
        print(await c.recv(), len(c))
    await gosched()
