"""A goroutine that polls with a default case and yields sees what is sent later."""

from cluster import Chan, default, go, gosched, select, sleep


async def main():
    c = Chan()

    async def poll():
        while (await select(c.recv(), default)).index == 1:
            await gosched()
        print("seen")
        await c.send(True)

    go(poll)
    await sleep(0.002)
    await c.send(True)
    await c.recv()
