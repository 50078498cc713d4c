"""Tasks of pools."""

from cluster.kernel.chan import Chan
from cluster.kernel.promise import submit
from cluster.kernel.sched import go, gosched, sleep
from tests.sim.nodes import burn

SLICE = 300_000  # ns: long enough that tasks are given away


def square(x: int) -> int:
    burn(SLICE)
    return x * x


async def yields(x: int) -> int:
    for _ in range(3):
        burn(SLICE // 3)
        await gosched()
    return x * x


async def talks(x: int) -> int:
    """With a goroutine of its own, perhaps on another M."""
    ch = Chan[int]()

    async def tells() -> None:
        burn(SLICE)
        await ch.send(x * x)

    go(tells)
    return await ch.recv()


async def forks(n: int) -> int:
    """Naive fork and join."""
    burn(SLICE // 10)
    if n < 2:
        return n
    a, b = submit(forks, n - 1), submit(forks, n - 2)
    return int(await a + await b)


async def sleeps(x: int) -> int:
    await sleep(1000)
    return x


def fails(x: int) -> None:
    raise LookupError(x)
