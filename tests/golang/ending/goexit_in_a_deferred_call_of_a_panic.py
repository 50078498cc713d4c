"""Goexit in a deferred call aborts the panic: the goroutine ends, the program does not."""

from cluster import go, goexit, gosched, panic


async def main():
    async def one():
        try:
            panic("aborted")
        finally:
            goexit()

    go(one)
    await gosched()
    print("main")
