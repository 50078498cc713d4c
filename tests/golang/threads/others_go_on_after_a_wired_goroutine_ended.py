"""The end of a wired goroutine does not touch the others."""

from cluster import Chan, go, lock_os_thread


async def main():
    wired, others = Chan(), Chan(3)

    async def one():
        lock_os_thread()
        await wired.send(True)

    go(one)
    await wired.recv()

    async def send(i):
        await others.send(i)

    for i in range(3):
        go(send, i)
    print(await others.recv() + await others.recv() + await others.recv())
