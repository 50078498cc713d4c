"""In a deferred call of Goexit recover returns nil."""

from cluster import Panic, go, goexit, gosched


async def main():
    async def one():
        recovered = None
        try:
            goexit()
        except Panic as p:
            recovered = p
        finally:
            print("recovered", recovered)

    go(one)
    await gosched()
    print("main")
