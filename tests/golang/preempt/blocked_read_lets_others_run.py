"""A goroutine blocks in the kernel until another of the same P has run: its P is retaken."""

import os

from cluster import Chan, go, gosched


async def main():
    read_end, write_end = os.pipe()
    said, done = Chan(10), Chan()

    async def reads():
        await said.send("reads")
        await said.send(os.read(read_end, 5).decode())
        done.close()

    go(reads)
    await gosched()
    for i in range(3):
        await said.send(f"others go on {i}")
        await gosched()
    os.write(write_end, b"hello")
    await done.recv()
    said.close()
    async for line in said:
        print(line)
