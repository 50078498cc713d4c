"""TryLock takes a free Mutex, and does not wait for a locked one."""

from cluster import Mutex


async def main():
    mu = Mutex()
    print(await mu.try_lock(), await mu.try_lock())
    mu.unlock()
    print(await mu.try_lock())
