"""Main has returned, and yields while another goroutine runs deferred calls: the panic ends the program."""

from cluster import Chan, Panic, go, gosched


async def fails(c):
    try:
        raise Panic("boom")
    finally:
        await c.send(1)
        for _ in range(100):
            await gosched()
        print("deferred")


async def main():
    c = Chan()
    go(fails, c)
    await c.recv()
    print("main returns")
