"""A goroutine that waits for a connection leaves its P to the others, and goes on when something has come."""

import os

from cluster import Chan, go, net


async def reads(here, done):
    print("waits")
    print("has", (await here.read(10)).decode(), None)
    print(len(await here.read(10)), "EOF")
    await done.send(True)


async def other(i, done):
    print("other", i)
    await done.send(True)


async def main():
    listener = await net.listen("unix", f"@waits-{os.getpid()}")
    there = await net.dial("unix", listener.addr)
    here = await listener.accept()
    done = Chan()
    go(reads, here, done)
    for i in range(3):
        go(other, i, done)
    for _ in range(3):
        await done.recv()
    await there.write(b"word")
    there.close()
    await done.recv()
