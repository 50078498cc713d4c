"""Who is in a blocking call may come back: no deadlock."""

import time

from cluster import Chan, go, syscall


async def main():
    c = Chan()

    async def caller():
        await syscall(time.sleep, 0.02)
        await c.send("back")

    go(caller)
    print(await c.recv())
