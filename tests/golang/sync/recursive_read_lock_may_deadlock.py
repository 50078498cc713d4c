"""A reader that reads again while a writer waits: a deadlock."""

from cluster import RWMutex, go, gosched


async def main():
    rw = RWMutex()
    await rw.rlock()
    go(rw.lock)
    await gosched()
    await rw.rlock()
