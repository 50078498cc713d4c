"""Readers hold an RWMutex together; a writer waits for all of them."""

from cluster import RWMutex, WaitGroup, go, gosched


async def main():
    rw, wg = RWMutex(), WaitGroup()

    async def reader(i):
        async with rw.read():
            print("reader in", i)
            await gosched()
            print("reader out", i)
        wg.done()

    for i in range(3):
        wg.add(1)
        go(reader, i)
    await gosched()
    async with rw.write():
        print("writer")
    await wg.wait()
