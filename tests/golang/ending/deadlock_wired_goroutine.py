"""A wired goroutine that waits does not hide a deadlock."""

from cluster import Chan, Mutex, go, gosched, lock_os_thread


async def main():
    c = Chan()

    async def wired():
        lock_os_thread()
        await c.recv()

    go(wired)
    await gosched()
    mu = Mutex()
    await mu.lock()
    await mu.lock()
