"""A wired goroutine that polls with a default case and yields sees what is sent later."""

from cluster import Chan, default, go, gosched, lock_os_thread, select, sleep


async def main():
    c = Chan()

    async def poll():
        lock_os_thread()
        while (await select(c.recv(), default)).index == 1:
            await gosched()
        print("seen")
        await c.send(True)

    go(poll)
    await sleep(0.002)
    await c.send(True)
    await c.recv()
