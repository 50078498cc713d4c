"""One sender, several selecting receivers on a channel of two places: each item is received once."""

from cluster import Chan, go, select


async def main():
    c, d, got = Chan(2), Chan(2), Chan()

    async def receiver():
        while True:
            await got.send((await select(c.recv(), d.recv())).value)

    async def sender():
        for i in range(1000):
            await (c if i % 3 else d).send(i)

    for _ in range(4):
        go(receiver)
    go(sender)
    marks = [0] * 1000
    for _ in range(1000):
        marks[await got.recv()] += 1
    for i, n in enumerate(marks):
        if n != 1:
            print(i, n)
    print("done")
