"""A value for a receiver that waits does not go through the buffer."""

from cluster import Chan, go, gosched


async def main():
    c = Chan(2)

    async def receiver():
        print("got", await c.recv())

    go(receiver)
    await gosched()
    for i in range(3):
        await c.send(i)
        print(len(c))
    await gosched()
