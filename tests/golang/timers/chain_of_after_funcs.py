"""Functions that set the next timer themselves."""

from cluster import Chan, after_func, sleep


async def main():
    done = Chan()
    i = 10

    async def following():
        nonlocal i
        i -= 1
        if i >= 0:
            after_func(0, following)
            await sleep(0.001)
        else:
            await done.send(True)

    after_func(0, following)
    await done.recv()
    print(i)
