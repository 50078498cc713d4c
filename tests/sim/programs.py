"""What the programs of these tests run. Each M of each world executes this file: annotations are left as text."""

from __future__ import annotations

from cluster.kernel.chan import Chan
from cluster.kernel.sched import go, gosched, sleep
from cluster.kernel.waitgroup import WaitGroup
from tests.sim.nodes import burn, say, where

SLICE = 20_000  # ns: what one piece of work takes


def hello() -> str:
    say("hello, world")
    return "bye"


async def generate(ch: Chan[int]) -> None:
    for i in range(2, 1000):
        await ch.send(i)


async def sift(source: Chan[int], out: Chan[int], prime: int) -> None:
    while True:
        i = await source.recv()
        burn(SLICE // 10)
        if i % prime:
            await out.send(i)


async def sieve(n: int) -> list[int]:
    ch, primes = Chan[int](), list[int]()
    go(generate, ch)
    for _ in range(4):
        go(idle_for, 3)  # so that there is something to give away whenever somebody asks
    for _ in range(n):
        prime = await ch.recv()
        primes.append(prime)
        out = Chan[int]()
        go(sift, ch, out, prime)
        ch = out
    return primes


async def stage(source: Chan[int], out: Chan[int]) -> None:
    async for v in source:
        burn(SLICE)
        await out.send(v + 1)
    out.close()


async def feed(ch: Chan[int], n: int) -> None:
    for i in range(n):
        await ch.send(i)
    ch.close()


async def pipeline(stages: int, n: int, cap: int) -> tuple[list[int], tuple[object, bool]]:
    first = ch = Chan[int](cap, -1)
    for _ in range(stages):
        out = Chan[int](cap, -1)
        go(stage, ch, out)
        ch = out
    go(feed, first, n)
    got = [v async for v in ch]
    return got, await ch.recv_ok()


async def worker(i: int, wg: WaitGroup, out: Chan[tuple[int, int]]) -> None:
    burn(SLICE)
    await out.send((i, where()))
    wg.done()


async def close_after(wg: WaitGroup, ch: Chan[tuple[int, int]]) -> None:
    await wg.wait()
    ch.close()


async def fan_out(n: int) -> list[tuple[int, int]]:
    """Which goroutine ran where; each once."""
    wg, out = WaitGroup(), Chan[tuple[int, int]](n)
    for i in range(n):
        wg.add(1)
        go(worker, i, wg, out)
    go(close_after, wg, out)
    return [v async for v in out]


async def tree(depth: int, wg: WaitGroup, out: Chan[int]) -> None:
    """`add` before `go`, on whichever M: the counter never touches zero too early."""
    burn(SLICE)
    if depth:
        for _ in range(2):
            wg.add(1)
            go(tree, depth - 1, wg, out)
    await out.send(depth)
    wg.done()


async def forest(depth: int) -> int:
    wg, out = WaitGroup(), Chan[int](1 << (depth + 1))
    wg.add(1)
    go(tree, depth, wg, out)
    await wg.wait()
    return len(out)


async def relay(i: int, hops: int, done: Chan[int]) -> None:
    """Say one's number, then start the next, who says his: the lines are in this order."""
    say(i)
    burn(SLICE)
    for _ in range(3):
        go(idle)
    if i < hops:
        go(relay, i + 1, hops, done)
    else:
        await done.send(i)


def idle() -> None:
    burn(SLICE)


async def talkers(hops: int) -> None:
    done = Chan[int]()
    go(relay, 1, hops, done)
    await done.recv()
    say("end")


async def ping(mine: Chan[int], other: Chan[int], n: int, done: Chan[int]) -> None:
    for _ in range(n):
        v = await mine.recv()
        say(v)
        await other.send(v + 1)
    await done.send(v)


async def conversation(n: int) -> None:
    """Two goroutines, perhaps on two Ms, say numbers in turn."""
    a, b, done = Chan[int](), Chan[int](), Chan[int]()
    for i in range(4):
        go(idle_for, 10 + i)
    go(ping, a, b, n, done)
    go(ping, b, a, n, done)
    await a.send(0)
    await done.recv()


async def idle_for(pieces: int) -> None:
    for _ in range(pieces):
        burn(SLICE)
        await gosched()


async def measure(ch: Chan[int], out: Chan[int]) -> None:
    burn(SLICE)
    await out.send(len(ch))


async def lengths(n: int) -> list[int]:
    """len(ch) asked from wherever the goroutines are."""
    ch, out = Chan[int](n), Chan[int](n)
    for i in range(n):
        await ch.send(i)
    for _ in range(n):
        go(measure, ch, out)
    return [await out.recv() for _ in range(n)]


async def ask_and_be_asked(mine: Chan[int], n: int, out: Chan[int]) -> None:
    """Make a channel here, and let others ask for its length while this one asks for that of `mine`."""
    here = Chan[int](5)
    await here.send(1)
    for _ in range(n):
        go(measure, here, out)
    burn(SLICE)
    await out.send(len(mine))


async def demands_across(n: int) -> int:
    mine, out = Chan[int](3), Chan[int](10 * n)
    await mine.send(7)
    for _ in range(n):
        go(ask_and_be_asked, mine, n, out)
    return sum([await out.recv() for _ in range(n * n + n)])


async def asks_for_ever(ch: Chan[int]) -> None:
    while True:
        len(ch)
        burn(SLICE)
        await gosched()


async def ends_while_others_ask(n: int) -> str:
    ch = Chan[int](1)
    for _ in range(n):
        go(asks_for_ever, ch)
    await idle_for(30)
    return "done"


async def waits(ch: Chan[int]) -> None:
    burn(SLICE)
    await ch.recv()


async def all_asleep(n: int) -> None:
    ch = Chan[int]()
    for _ in range(n):
        go(waits, ch)
    await ch.recv()


async def sleeper(ch: Chan[int], seconds: float) -> None:
    burn(SLICE)
    await sleep(seconds)
    await ch.send(1)


async def naps(n: int) -> int:
    """Nobody is runnable for long stretches, and nobody is dead."""
    ch = Chan[int]()
    for i in range(n):
        go(sleeper, ch, 0.001 * (i + 1))
        go(waits_for_ever)
    return sum([await ch.recv() for _ in range(n)])


async def waits_for_ever() -> None:
    await Chan[int]().recv()


async def panics(n: int, i: int) -> None:
    burn(SLICE)
    if i == n - 1:
        raise ValueError("the last one")
    await Chan[int]().recv()


async def some_panic(n: int) -> None:
    for i in range(n):
        go(panics, n, i)
    await Chan[int]().recv()


async def chatters(out: Chan[int]) -> None:
    while True:
        say("still here")
        burn(SLICE)
        await gosched()


async def returns_early(n: int) -> str:
    out = Chan[int]()
    for _ in range(n):
        go(chatters, out)
    await idle_for(20)
    return "done"


async def done_twice(wg: WaitGroup) -> None:
    burn(SLICE)
    wg.done()
    wg.done()
    await sleep(0.001)


async def negative(n: int) -> None:
    wg = WaitGroup()
    wg.add(1)
    for _ in range(n):
        go(idle_for, 5)
    go(done_twice, wg)
    await Chan[int]().recv()


async def naps_and_counts(n: int) -> int:
    """Runs a little, sleeps a little."""
    for _ in range(n):
        await sleep(0.005)
        burn(SLICE)
    return n


async def dozes() -> None:
    while True:
        burn(SLICE)
        await sleep(0.05)


async def doze(n: int) -> None:
    """For ever, on every M, and with little to do, so that seconds pass quickly."""
    for _ in range(n):
        go(dozes)
    await dozes()


async def endless(n: int) -> None:
    for _ in range(n):
        go(idle_for, 1 << 40)
    await idle_for(1 << 40)


async def computes(i: int, pieces: int, out: Chan[tuple[int, int]]) -> None:
    for _ in range(pieces):
        burn(50 * SLICE)
        await gosched()
    await out.send((i, where()))


async def steady(n: int, pieces: int) -> list[tuple[int, int]]:
    """Goroutines that compute for long, and on which process each of them came to its end."""
    out = Chan[tuple[int, int]](n)
    for i in range(n):
        go(computes, i, pieces, out)
    return [await out.recv() for _ in range(n)]
