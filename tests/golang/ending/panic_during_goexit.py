"""A panic in a deferred call of Goexit that nobody recovers ends the program."""

from cluster import go, goexit, gosched, panic


async def main():
    async def one():
        try:
            goexit()
        finally:
            panic("after Goexit")

    go(one)
    await gosched()
    print("never")
