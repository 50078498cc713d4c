"""Programs whose goroutines, on whichever M they run, share locks, contexts and timers.

Each checks its rule by other means: that nobody is inside with a writer by a semaphore of 1000 of which a
writer must get all and a reader one, without waiting.
"""

from cluster.kernel.chan import Chan
from cluster.kernel.cond import Cond
from cluster.kernel.context import Context, background, with_cancel, with_timeout, with_value
from cluster.kernel.errgroup import ErrGroup
from cluster.kernel.mutex import Mutex
from cluster.kernel.once import Once
from cluster.kernel.rwmutex import RWMutex
from cluster.kernel.sched import go, gosched, sleep
from cluster.kernel.semaphore import Semaphore
from cluster.kernel.tickers import Ticker, Timer, after, after_func
from cluster.kernel.waitgroup import WaitGroup
from cluster.model.errors import Canceled, DeadlineExceeded
from tests.sim.nodes import burn, where

SLICE = 20_000  # ns: what one piece of work takes
ALL = 1000


async def alone(inside: Semaphore, k: int) -> None:
    assert await inside.try_acquire(k), "somebody else is inside"
    burn(SLICE)
    await gosched()
    inside.release(k)


async def locker(mu: Mutex, inside: Semaphore, ran: Chan[int]) -> None:
    for i in range(4):
        burn(SLICE)
        if i % 2:
            async with mu:
                await alone(inside, ALL)
        elif i or await mu.try_lock():
            if i:
                await mu.lock()
            await alone(inside, ALL)
            mu.unlock()
    await ran.send(where())


async def lockers(n: int) -> list[int]:
    mu, inside, ran, group = Mutex(), Semaphore(ALL), Chan[int](n), ErrGroup()
    for _ in range(n):
        group.go(locker, mu, inside, ran)
    await group.wait()
    return [await ran.recv() for _ in range(n)]


async def reader_or_writer(rw: RWMutex, inside: Semaphore, ran: Chan[int], i: int) -> None:
    for k in range(4):
        burn(SLICE)
        if (i + k) % 3:
            async with rw.read():
                await alone(inside, 1)
        else:
            async with rw.write():
                await alone(inside, ALL)
    await ran.send(where())


async def readers_and_writers(n: int) -> list[int]:
    rw, inside, ran, group = RWMutex(), Semaphore(ALL), Chan[int](n), ErrGroup()
    for i in range(n):
        group.go(reader_or_writer, rw, inside, ran, i)
    await group.wait()
    return [await ran.recv() for _ in range(n)]


async def first(log: Chan[str]) -> None:
    await gosched()
    burn(SLICE)
    await log.send("first")


async def once_caller(once: Once, log: Chan[str]) -> None:
    burn(SLICE)
    await once.do(first, log)
    assert len(log), "`do` returned before the function had"


async def once_for_all(n: int) -> int:
    once, log, group = Once(), Chan[str](n), ErrGroup()
    for _ in range(n):
        group.go(once_caller, once, log)
    await group.wait()
    return len(log)


async def put(mu: Mutex, room: Cond, filled: Cond, items: Chan[int], i: int) -> None:
    burn(SLICE)
    async with mu:
        while len(items) == 2:
            await room.wait()
        await items.send(i)
        filled.signal()


async def take(mu: Mutex, room: Cond, filled: Cond, items: Chan[int], got: Chan[int]) -> None:
    burn(SLICE)
    async with mu:
        while not len(items):
            await filled.wait()
        await got.send(await items.recv())
        room.signal()


async def conds_of(mu: Mutex, out: Chan[tuple[Cond, Cond]]) -> None:
    burn(SLICE)
    await out.send((Cond(mu), Cond(mu)))


async def bounded_queue(n: int) -> list[int]:
    """The mutex is homed on one M, the conds perhaps on another, who waits perhaps on a third."""
    mu, made, items, got, group = Mutex(), Chan[tuple[Cond, Cond]](), Chan[int](3), Chan[int](n), ErrGroup()
    for _ in range(3):
        go(gosched)
    go(conds_of, mu, made)
    room, filled = await made.recv()
    for i in range(n):
        group.go(put, mu, room, filled, items, i)
        group.go(take, mu, room, filled, items, got)
    await group.wait()
    return sorted([await got.recv() for _ in range(n)])


async def weighed(sem: Semaphore, inside: Semaphore, k: int) -> None:
    burn(SLICE)
    await sem.acquire(k)
    await alone(inside, k)
    sem.release(k)


async def weights(n: int) -> str:
    sem, inside, wg = Semaphore(5), Semaphore(5), WaitGroup()
    for i in range(n):
        wg.go(weighed, sem, inside, 1 + i % 5)
    await wg.wait()
    return repr(sem)


async def member(inside: Semaphore, i: int) -> None:
    assert await inside.try_acquire(), "more than the limit"
    burn(SLICE)
    await gosched()
    inside.release()
    if i == 5:
        raise LookupError("number 5")


async def limited(n: int) -> str:
    group, inside = ErrGroup(limit=2), Semaphore(2)
    for i in range(n):
        group.go(member, inside, i)
    try:
        await group.wait()
    except LookupError as error:
        return str(error)
    return "no error"


async def follows(ctx: Context, ready: WaitGroup, out: Chan[tuple[str, int]]) -> None:
    burn(SLICE)
    child, _ = with_cancel(with_value(ctx, "b", 2))
    assert (child.value("a"), child.value("b")) == (1, 2)
    ready.done()
    await child.done().recv()
    assert ctx.err() is child.err(), "a child ended without its parent"
    await ctx.done().recv()
    assert ctx.err() is Canceled or ctx.err() is DeadlineExceeded, "err() is behind done()"
    await out.send((str(ctx.err()), where()))


async def looks(ctx: Context, ready: WaitGroup, out: Chan[tuple[str, int]]) -> None:
    ready.done()
    await ctx.done().recv()
    assert ctx.err() is not None, "err() is behind done()"
    await out.send((str(ctx.err()), where()))


async def contexts(n: int, by_timeout: bool) -> list[tuple[str, int]]:
    ctx = with_value(background(), "a", 1)
    ctx, cancel = with_timeout(ctx, 0.05) if by_timeout else with_cancel(ctx)
    ready, out = WaitGroup(), Chan[tuple[str, int]](2 * n)
    ready.add(2 * n)
    for _ in range(n):
        go(follows, ctx, ready, out)
        go(looks, ctx, ready, out)
    await ready.wait()
    if not by_timeout:
        go(cancel)
    return [await out.recv() for _ in range(2 * n)]


async def timers_user(t: Timer, ticker: Ticker, late: Timer, out: Chan[float]) -> None:
    burn(SLICE)
    assert t.reset(0.001) and not late.stop()
    at = await t.c.recv()
    assert not t.stop()
    await ticker.c.recv()
    ticker.stop()
    await out.send(at + await after(0.001).recv())


async def timers_across(n: int) -> int:
    wg, out = WaitGroup(), Chan[float](n)
    for _ in range(n):
        late = after_func(0.0001, int)
        await sleep(0.001)
        wg.go(timers_user, Timer(100), Ticker(0.002), late, out)
    await wg.wait()
    return len(out)


async def unlocks(mu: Mutex) -> None:
    burn(SLICE)
    try:
        mu.unlock()
        await sleep(1)
    except BaseException:  # noqa: BLE001  # the point of it
        await sleep(1000)


async def unlocked_from_anywhere(n: int) -> None:
    mu = Mutex()
    for _ in range(n):
        go(unlocks, mu)
    await Chan[None]().recv()
