"""A large request at the head keeps small ones behind it waiting, also when there were room for them."""

from cluster import Semaphore, go, gosched


async def main():
    s = Semaphore(3)
    await s.acquire(2)

    async def taker(n):
        await s.acquire(n)
        print("got", n)
        s.release(n)

    for n in (3, 1, 2):
        go(taker, n)
        await gosched()
    print("main releases")
    s.release(2)
    for _ in range(4):
        await gosched()
