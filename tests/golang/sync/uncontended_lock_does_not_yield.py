"""To lock what is free, and to unlock it, lets nobody else run."""

from cluster import Mutex, RWMutex, go, gosched


async def main():
    mu, rw = Mutex(), RWMutex()
    go(print, "other")
    for _ in range(10):
        async with mu:
            pass
        async with rw.read():
            pass
        async with rw.write():
            pass
    print("main")
    await gosched()
