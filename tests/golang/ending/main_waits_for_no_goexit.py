"""Deferred calls of a Goexit are not those of a panic: main does not wait for them."""

from cluster import go, goexit, gosched


async def main():
    async def exits():
        try:
            goexit()
        finally:
            for _ in range(20):
                await gosched()
            print("not reached")

    go(exits)
    await gosched()
    print("main returns")
