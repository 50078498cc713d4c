"""While the first call of Once is at work the others wait for its end."""

from cluster import Once, WaitGroup, go, sleep


async def main():
    once, wg = Once(), WaitGroup()

    async def work(i):
        print("begins", i)
        await sleep(0.002)
        print("ends", i)

    async def one(i):
        await once.do(work, i)
        print("after", i)
        wg.done()

    for i in range(3):
        wg.add(1)
        go(one, i)
    await wg.wait()
