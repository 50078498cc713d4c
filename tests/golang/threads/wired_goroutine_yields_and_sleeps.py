"""A wired goroutine yields, sleeps, and ends without unlocking."""

from cluster import Chan, go, gosched, lock_os_thread, sleep


async def main():
    done = Chan()

    async def wired():
        lock_os_thread()
        for _ in range(5):
            await gosched()
            await sleep(0.001)
        await done.send(True)

    go(wired)
    await done.recv()
    print("done")
