"""A Mutex belongs to no goroutine: another one may unlock it."""

from cluster import Mutex, go


async def main():
    mu = Mutex()
    await mu.lock()
    go(mu.unlock)
    await mu.lock()
    print("locked twice")
