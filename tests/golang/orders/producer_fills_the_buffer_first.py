"""A producer goes on until the buffer is full, its consumer until it is empty."""

from cluster import Chan, go


async def main():
    c = Chan(2)

    async def producer():
        for i in range(6):
            await c.send(i)
            print("sent", i)
        c.close()

    go(producer)
    async for v in c:
        print("got", v)
