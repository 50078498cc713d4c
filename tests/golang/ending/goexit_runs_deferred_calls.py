"""Goexit runs the deferred calls of its goroutine, the last first; they may block."""

from cluster import Chan, go, goexit, gosched


async def main():
    c = Chan()

    async def inner():
        try:
            goexit()
        finally:
            print("inner got", await c.recv())

    async def outer():
        try:
            await inner()
            print("never")
        finally:
            print("outer")

    go(outer)
    await c.send(1)
    await gosched()
