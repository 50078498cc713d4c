"""Receivers that are readied one after another run last first, then in order; the sender goes on."""

from cluster import Chan, go, gosched


async def main():
    c = Chan()

    async def receiver(i):
        print(i, "got", await c.recv())

    for i in range(5):
        go(receiver, i)
        await gosched()
    for i in range(5):
        await c.send(i * 10)
    print("main")
    await gosched()
