"""An error group waits for all of its goroutines, and gives the first error."""

from cluster import ErrGroup, sleep


async def main():
    async def work(i):
        await sleep(0.1 * (4 - i))
        print("ends", i)
        if i != 1:
            raise ValueError(f"error of {i}")

    g = ErrGroup()
    for i in range(1, 4):
        g.go(work, i)
    try:
        await g.wait()
    except ValueError as error:
        print(error)
    fine = ErrGroup()
    fine.go(sleep, 0)
    print(await fine.wait())
