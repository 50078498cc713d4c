"""A buffered channel keeps the order of what is sent."""

from cluster import Chan


async def main():
    c = Chan(10)
    for i in range(10):
        await c.send(i)
    for i in range(10):
        if (v := await c.recv()) != i:
            print("got", v, "for", i)
    print("in order")
