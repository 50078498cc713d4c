"""256 goroutines in the ring and one in runnext: nothing goes to the global queue, the order is kept."""

from cluster import Chan, go


async def main():
    done = Chan()

    async def one(i):
        print(i)
        if i == 255:
            await done.send(True)

    for i in range(257):
        go(one, i)
    await done.recv()
