"""Ten goroutines that yield in the critical section: none is in it with another."""

from cluster import Mutex, WaitGroup, go, gosched


async def main():
    mu, wg = Mutex(), WaitGroup()
    inside = n = 0

    async def one():
        nonlocal inside, n
        for k in range(50):
            async with mu:
                inside += 1
                if inside > 1:
                    print("two are inside")
                if k % 3 == 0:
                    await gosched()
                n += 1
                inside -= 1
        wg.done()

    for _ in range(10):
        wg.add(1)
        go(one)
    await wg.wait()
    print(n)
