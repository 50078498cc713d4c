"""A signal that nobody waits for is lost; it may be given without the lock."""

from cluster import Cond, Mutex


async def main():
    mu = Mutex()
    cond = Cond(mu)
    cond.signal()
    cond.broadcast()
    await mu.lock()
    await cond.wait()
