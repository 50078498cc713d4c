"""Programs of goroutines that block their M in the middle of what they do."""

from cluster.kernel.chan import Chan
from cluster.kernel.mutex import Mutex
from cluster.kernel.sched import go, gosched, sleep
from cluster.kernel.select import select
from cluster.kernel.waitgroup import WaitGroup
from tests.sim.nodes import block, burn

ROUNDS = 5
SLICE = 20_000  # ns
STEPS = 200  # of the world: about a millisecond


async def partners(n: int) -> int:
    """Pairs give each other numbers, and add to a total under a lock; who holds the lock may block, too."""
    total, lock, done = [0], Mutex(), WaitGroup()

    async def works(i: int, out: Chan[int], into: Chan[int]) -> None:
        for k in range(ROUNDS):
            burn(SLICE)
            if (i + k) % 4 == 0:
                block(STEPS)
            if i % 2:
                await out.send(i + k)
                got = await into.recv()
            else:
                got = await into.recv()
                await out.send(i + k)
            await lock.lock()
            if (i + k) % 7 == 0:
                block(STEPS)
            await report.send(got)
            lock.unlock()
            await gosched()
        done.done()

    async def adds() -> None:
        async for got in report:
            total[0] += got
        await summed.send(total[0])

    report, summed = Chan[int](1), Chan[int]()
    go(adds)
    for i in range(0, n, 2):
        there, back = Chan[int](i % 3), Chan[int]()
        done.add(2)
        go(works, i, there, back)
        go(works, i + 1, back, there)
    await done.wait()
    report.close()
    return await summed.recv()


def expected_of_partners(n: int) -> int:
    return sum(i + k for i in range(n) for k in range(ROUNDS))


async def sleepers(n: int) -> int:
    """Timers of an M that is blocked wake who sleeps there, and channels of it are asked and closed."""
    ticks, stop, woke = Chan[int](2), Chan[int](), Chan[int](n)

    async def sleeps(i: int) -> None:
        for _ in range(3):
            await sleep(0.0002 * (i + 1))
            await ticks.send(i)
        await woke.send(i)

    async def blocks() -> None:
        while True:
            block(STEPS)
            if (await select(stop.recv(), ticks.recv())).index == 0:
                return

    for i in range(n):
        go(sleeps, i)
    for _ in range(2):
        go(blocks)
    counted = sum([await woke.recv() for _ in range(n)])
    stop.close()
    return counted
