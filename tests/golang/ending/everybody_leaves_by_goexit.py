"""Main leaves by Goexit, and so does a goroutine in a deferred call of its panic: nobody is left."""

from cluster import go, goexit, panic


async def main():
    async def one():
        try:
            panic("aborted")
        finally:
            goexit()

    go(one)
    goexit()
