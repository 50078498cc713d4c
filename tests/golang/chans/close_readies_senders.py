"""Senders that wait panic when the channel is closed, in the same order as receivers."""

from cluster import Chan, Panic, go, gosched


async def main():
    c = Chan()

    async def sender(i):
        try:
            await c.send(i)
        except Panic as p:
            print(i, p)

    for i in range(4):
        go(sender, i)
        await gosched()
    c.close()
    print("main")
    await gosched()
