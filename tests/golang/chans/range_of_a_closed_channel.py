"""A range over a channel ends when it is closed and drained; over a closed empty one at once."""

from cluster import Chan


async def main():
    c = Chan(3)
    await c.send(1)
    await c.send(2)
    c.close()
    async for v in c:
        print(v)
    async for _ in c:
        print("never")
    print("done")
