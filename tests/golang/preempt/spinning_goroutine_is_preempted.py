"""A goroutine that computes without end gives way to others after its slice of 10 ms."""

from cluster import Chan, go, gosched


async def main():
    done = Chan()
    flag = False

    async def spin():
        while not flag:
            pass
        print("saw the flag")
        await done.send(True)

    go(spin)
    await gosched()
    flag = True
    await done.recv()
