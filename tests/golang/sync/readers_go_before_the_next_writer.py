"""When a writer unlocks, the readers that wait go in before the next writer."""

from cluster import RWMutex, go, gosched


async def main():
    rw = RWMutex()
    await rw.lock()

    async def writer():
        async with rw.write():
            print("second writer")

    async def reader(i):
        async with rw.read():
            print("reader", i)

    go(writer)
    await gosched()
    for i in range(2):
        go(reader, i)
        await gosched()
    rw.unlock()
    print("main")
    await gosched()
    await gosched()
