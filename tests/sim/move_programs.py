"""Programs of goroutines that yield in the middle of everything, for thieves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

from cluster.kernel.chan import Chan
from cluster.kernel.cond import Cond
from cluster.kernel.context import background, with_cancel
from cluster.kernel.mutex import Mutex
from cluster.kernel.once import Once
from cluster.kernel.rwmutex import RWMutex
from cluster.kernel.sched import go, gosched
from cluster.kernel.select import default, select
from cluster.kernel.stack import call
from cluster.kernel.waitgroup import WaitGroup
from tests.sim.nodes import burn, where

SLICE = 20_000  # ns


async def work(pieces: int = 1) -> None:
    for _ in range(pieces):
        burn(SLICE)
        await gosched()


async def depth(n: int) -> int:
    """On the growing stack, yielding at its deepest and on the way back."""
    if n == 0:
        await work()
        return 0
    below = await call(depth, n - 1)
    if n % 5 == 0:
        await work()
    return below + 1


@asynccontextmanager
async def entered(log: list[str]) -> AsyncIterator[int]:
    log.append("enter")
    await work()
    try:
        yield len(log)
    finally:
        await work()
        log.append("leave")


async def squares(n: int) -> AsyncIterator[int]:
    for i in range(n):
        await work()
        yield i * i


async def language(i: int, out: Chan[tuple[int, object]]) -> None:
    """Closures, generators, handlers and comprehensions, all of them suspended."""
    log: list[str] = []
    total = 0

    def add(n: int) -> None:
        nonlocal total
        total += n

    numbers = count(i)
    try:
        async with entered(log) as size:
            add(size)
            async for square in squares(3):
                add(square + next(numbers))
            add(sum([await depth(n) for n in (3, 12)]))
            try:
                raise KeyError(i)
            except KeyError as error:
                await work()
                add(error.args[0])
                await work()
                raise ValueError(total) from error
            finally:
                await work()
                log.append("finally")
    except ValueError as error:
        cause = error.__cause__
        await work()
        await out.send((i, (error.args[0], type(cause).__name__, log)))


async def languages(n: int) -> list[tuple[int, object]]:
    out = Chan[tuple[int, object]]()
    for i in range(n):
        go(language, i, out)
    return [await out.recv() for _ in range(n)]


async def sync_user(i: int, mu: Mutex, rw: RWMutex, once: Once, total: Chan[int], wg: WaitGroup) -> None:
    for _ in range(3):
        async with mu:
            held = await total.recv()
            await work()
            await total.send(held + 1)
        async with rw.read():
            await work()
        if i % 3 == 0:
            async with rw.write():
                await work()
        await once.do(work, 2)
    wg.done()


async def locks(n: int) -> int:
    """A number that is handed round under a lock; how often."""
    mu, rw, once, total, wg = Mutex(), RWMutex(), Once(), Chan[int](1), WaitGroup()
    wg.add(n)
    await total.send(0)
    for i in range(n):
        go(sync_user, i, mu, rw, once, total, wg)
    await wg.wait()
    return await total.recv()


async def chooser(mine: Chan[int], other: Chan[int], sums: Chan[int], polls: bool) -> None:
    got, left, missing = 0, 10, 10
    while left or missing:
        await work()
        cases = [mine.recv()] if missing else []
        cases += [other.send(left)] if left else []  # type: ignore[list-item]  # operations of both kinds
        if polls and left % 2:
            cases.append(default)  # type: ignore[arg-type]
        i, v, _ = await select(*cases)
        if i == 0 and missing:
            got += v  # type: ignore[operator]  # a number was received
            missing -= 1
        elif i < 1 + bool(missing):
            left -= 1
    await sums.send(got)


async def selects(pairs: int) -> int:
    """Two at a time send each other 10 … 1; the sum of all that was received."""
    sums = Chan[int]()
    for _ in range(pairs):
        a, b = Chan[int](), Chan[int]()
        go(chooser, a, b, sums, True)
        go(chooser, b, a, sums, False)
    return sum([await sums.recv() for _ in range(2 * pairs)])


async def producer(mu: Mutex, cond: Cond, items: Chan[int], n: int) -> None:
    for i in range(n):
        await work()
        async with mu:
            await items.send(i)
            await work()
            cond.signal()


async def consumer(mu: Mutex, cond: Cond, items: Chan[int], n: int, out: Chan[int]) -> None:
    got = 0
    for _ in range(n):
        async with mu:
            while not len(items):
                await cond.wait()
            got += await items.recv()
        await work()
    await out.send(got)


async def conds(n: int) -> int:
    """Two consumers and two producers of 0 … n-1; the sum of what was consumed."""
    mu, items, out = Mutex(), Chan[int](4 * n), Chan[int]()
    cond = Cond(mu)
    for _ in range(2):
        go(consumer, mu, cond, items, n, out)
        go(producer, mu, cond, items, n)
    return await out.recv() + await out.recv()


async def canceller(n: int) -> list[tuple[str, int]]:
    """Goroutines that compute until their context is over, seen through a child context."""
    ctx, cancel = with_cancel(background())
    child, _ = with_cancel(ctx)
    out = Chan[tuple[str, int]](n)

    async def until_done() -> None:
        while child.err() is None:
            await work()
        await child.done().recv()
        await work()
        assert child.err() is not None and ctx.err() is not None
        await out.send((str(ctx.err()), where()))

    for _ in range(n):
        go(until_done)
    await work(10)
    cancel()
    return [await out.recv() for _ in range(n)]
