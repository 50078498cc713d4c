"""Who has recovered runs no deferred call of a panic: main does not wait for it."""

from cluster import Chan, Panic, go, gosched


async def recovers(c):
    try:
        raise Panic("boom")
    except Panic:
        pass
    await c.send(1)
    for _ in range(3):
        await gosched()
    print("not reached")


async def main():
    c = Chan()
    go(recovers, c)
    await c.recv()
    print("main returns")
