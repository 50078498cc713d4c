"""When main returns the program ends: others do not get to their end, and nobody's deferred calls run."""

from cluster import Chan, go, gosched


async def main():
    c = Chan()

    async def waiter():
        try:
            print("started")
            await c.recv()
            print("never")
        finally:
            print("never")

    go(waiter)
    await gosched()
    go(print, "never")
    await c.send(1)
