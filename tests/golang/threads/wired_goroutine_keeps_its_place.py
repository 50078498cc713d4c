"""A goroutine that is wired to its thread is queued as any other: the order does not change."""

from cluster import go, gosched, lock_os_thread


async def main():
    async def one(i):
        if i % 2 == 0:
            lock_os_thread()
        print(i)
        await gosched()
        print(i, "again")

    for i in range(4):
        go(one, i)
    for _ in range(3):
        await gosched()
