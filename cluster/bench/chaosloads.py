"""What runs while `cluster.bench.chaos` does harm: programs and tasks whose answers are known."""

from typing import Final

from cluster import Chan, WaitGroup, go, gosched

SPIN: Final = 2_000  # turns of a loop: some 100 us


def _spin(n: int) -> int:
    total = 0
    for i in range(SPIN):
        total += i * n
    return total


async def _stage(source: Chan[int], out: Chan[int]) -> None:
    async for value in source:
        await out.send(value + 1)
    out.close()


async def _feed(out: Chan[int], n: int) -> None:
    for i in range(n):
        await out.send(i)
    out.close()


async def pipeline(stages: int, n: int) -> int:
    """The sum of 0 … n-1, each plus `stages`."""
    ch: Chan[int] = Chan()
    go(_feed, ch, n)
    for _ in range(stages):
        out: Chan[int] = Chan()
        go(_stage, ch, out)
        ch = out
    total = 0
    async for value in ch:
        total += value
    return total


async def _child(i: int, wg: WaitGroup, out: Chan[int]) -> None:
    value = _spin(i)
    await gosched()
    await out.send(value)
    wg.done()


async def fan(n: int) -> int:
    """The sum of what `n` goroutines compute, on all Ms."""
    wg, out = WaitGroup(), Chan[int](n)
    wg.add(n)
    for i in range(n):
        go(_child, i, wg, out)
    await wg.wait()
    return sum([await out.recv() for _ in range(n)])


def task(n: int) -> int:
    """A task of a pool."""
    return _spin(n)


def pipeline_of(stages: int, n: int) -> int:
    """What `pipeline` returns."""
    return n * (n - 1) // 2 + n * stages


def fan_of(n: int) -> int:
    """What `fan` returns."""
    return sum(_spin(i) for i in range(n))
