"""A waiter that loses after 1 ms makes the Mutex starve: unlock hands it over, and the waiter runs at once."""

import time

from cluster import Mutex, go, gosched


async def main():
    mu = Mutex()
    await mu.lock()

    async def waiter():
        async with mu:
            print("waiter")

    go(waiter)
    await gosched()
    start = time.monotonic()
    while time.monotonic() - start < 0.003:
        pass
    mu.unlock()
    async with mu:
        await gosched()  # the waiter loses
        go(print, "other")
    print("main")
    await gosched()
