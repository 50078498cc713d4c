"""Senders are served in the order in which they came; the receiver goes on."""

from cluster import Chan, go, gosched


async def main():
    c = Chan()

    async def sender(i):
        await c.send(i)
        print("sent", i)

    for i in range(3):
        go(sender, i)
        await gosched()
    for _ in range(3):
        print("got", await c.recv())
    await gosched()
