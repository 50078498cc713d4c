"""A deferred call that goes on for ever does not keep main, nor does one that blocks."""

from cluster import Chan, Panic, go, gosched, select


async def fails(c, blocks):
    try:
        raise Panic("boom")
    finally:
        await c.send(1)
        if blocks:
            await select()
        while True:
            await gosched()


async def main():
    c = Chan()
    go(fails, c, True)
    await c.recv()
    go(fails, c, False)
    await c.recv()
    print("main returns")
