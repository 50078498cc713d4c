"""A writer that waits keeps new readers out; its unlock lets them in, the last first, then in order."""

from cluster import RWMutex, go, gosched


async def main():
    rw = RWMutex()
    await rw.rlock()

    async def writer():
        async with rw.write():
            print("writer")
        print("writer is out")

    async def reader(i):
        async with rw.read():
            print("reader", i)

    go(writer)
    await gosched()
    for i in range(3):
        go(reader, i)
        await gosched()
    print("main", await rw.try_rlock())
    rw.runlock()
    await gosched()
