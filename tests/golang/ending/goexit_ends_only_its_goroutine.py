"""Goexit ends the goroutine that calls it, however deep; the others go on."""

from cluster import go, goexit, gosched


def deep(n):
    if n == 0:
        goexit()
    deep(n - 1)


async def main():
    async def one():
        print("begins")
        deep(10)
        print("never")

    go(one)
    await gosched()
    print("main")
