"""Close makes the waiting senders panic; what is in the buffer stays."""

from cluster import Chan, Panic, go, gosched


async def main():
    c = Chan(2)
    await c.send(1)
    await c.send(2)

    async def sender():
        try:
            await c.send(3)
        except Panic as p:
            print(p)

    go(sender)
    await gosched()
    c.close()
    async for v in c:
        print(v)
    await gosched()
