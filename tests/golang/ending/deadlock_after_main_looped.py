"""Goroutines that ended do not hide a deadlock; those that are left are shown."""

from cluster import Chan, go, select


async def main():
    c = Chan()

    async def sender(i):
        await c.send(i)

    for i in range(5):
        go(sender, i)
    print(await c.recv() + await c.recv() + await c.recv())
    await select()
