"""A wired goroutine hands values to one that is not."""

from cluster import Chan, go, lock_os_thread, unlock_os_thread


async def main():
    c = Chan()

    async def sender():
        lock_os_thread()
        for i in range(10):
            await c.send(i)
        unlock_os_thread()
        c.close()

    go(sender)
    async for v in c:
        print(v)
