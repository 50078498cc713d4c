"""A hundred timers are set to other times again and again, at last to an early one: all fire."""

from cluster import Timer, WaitGroup, go, gosched


async def main():
    wg = WaitGroup()

    async def one(i):
        t = Timer(3600)
        for k in range(20):
            t.reset((i * 7 + k * 13) % 50 + 20)
            if k % 5 == 0:
                await gosched()
        t.reset(0.001)
        await t.c.recv()
        wg.done()

    for i in range(100):
        wg.add(1)
        go(one, i)
    await wg.wait()
    print("done")
