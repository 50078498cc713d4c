"""What a switch, a hop, a spawn and a parked goroutine cost in one M: `python -m cluster.bench.kernel`.

Each figure is the median of ROUNDS runs, all rungs in turn within each round, so that a slow minute
of the machine falls on all. Beside them: asyncio's nearest equivalent, and Go's own, when `go` is on
the PATH (a program of ours, built on the spot). The garbage collector is on, as in real programs.
"""

import asyncio
import gc
import os
import platform
import statistics
import tempfile
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from time import perf_counter_ns
from typing import Final

from cluster.bench import built
from cluster.bench.figures import by_name
from cluster.bench.sampling import UnavailableError
from cluster.bench.served import once
from cluster.kernel.chan import Chan
from cluster.kernel.events import Panicked
from cluster.kernel.g import Program
from cluster.kernel.sched import Sched, go, gosched
from cluster.model.clock import Instant, MonotonicClock
from cluster.model.ids import Epoch, PId, ProgramId
from cluster.model.lease import Lease

Measure = Callable[[int], Coroutine[object, object, int]]  # from how often, to nanoseconds or bytes in all

ROUNDS: Final = 7
PARKED: Final = 100_000
GO_COUNT: Final = 1_000_000  # of operations in a round


def in_goroutine(main: Measure, count: int, sched: Sched | None = None) -> float:
    """Run `main(count)` as the main goroutine of a kernel, or of a fresh one; what it returned, by `count`."""
    sched, program = sched or Sched(MonotonicClock()), Program(ProgramId(1))
    sched.events.clear()
    sched.spawn_main(program, main, (count,))
    lease = Lease(PId(0), Epoch(1), Instant(1 << 62))
    while sched.run(lease, 256) and not sched.events:
        pass
    if not sched.events:
        raise RuntimeError("the benchmark deadlocked")
    event = sched.events[0]
    if isinstance(event, Panicked):
        raise event.error
    assert isinstance(event.value, int)
    return event.value / count


async def gosched_ns(switches: int) -> int:
    """Nanoseconds for so many yields of two goroutines, all in all."""
    done = Chan[None]()

    async def yields() -> None:
        for _ in range(switches // 2):
            await gosched()
        await done.send(None)

    begin = perf_counter_ns()
    go(yields)
    go(yields)
    await done.recv()
    await done.recv()
    return perf_counter_ns() - begin


async def hop_ns(hops: int) -> int:
    """Nanoseconds for so many values over unbuffered channels, there and back."""
    there, back = Chan[int](), Chan[int]()

    async def echo() -> None:
        for _ in range(hops // 2):
            await back.send(await there.recv())

    begin = perf_counter_ns()
    go(echo)
    for i in range(hops // 2):
        await there.send(i)
        await back.recv()
    return perf_counter_ns() - begin


async def spawn_ns(spawns: int) -> int:
    """Nanoseconds to start and end so many goroutines, a ring's worth at a time."""

    async def nothing() -> None:
        pass

    begin = perf_counter_ns()
    for i in range(spawns):
        go(nothing)
        if i & 255 == 255:
            await gosched()
    return perf_counter_ns() - begin


async def parked_bytes(goroutines: int) -> int:
    """Resident bytes that so many goroutines, each waiting on a channel, have added."""
    never = Chan[int]()

    async def waits() -> None:
        await never.recv()

    gc.collect()
    before = _resident()
    for i in range(goroutines):
        go(waits)
        if i & 255 == 255:
            await gosched()
    await gosched()
    return _resident() - before


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def asyncio_sleep_ns(switches: int) -> int:
    """The same yields as asyncio tasks: `sleep(0)`."""

    async def yields() -> None:
        for _ in range(switches // 2):
            await asyncio.sleep(0)

    begin = perf_counter_ns()
    await asyncio.gather(yields(), yields())
    return perf_counter_ns() - begin


async def asyncio_queue_ns(hops: int) -> int:
    """The same hops through two `asyncio.Queue(1)`."""
    there: asyncio.Queue[int] = asyncio.Queue(1)
    back: asyncio.Queue[int] = asyncio.Queue(1)

    async def echo() -> None:
        for _ in range(hops // 2):
            await back.put(await there.get())

    begin = perf_counter_ns()
    task = asyncio.create_task(echo())
    for i in range(hops // 2):
        await there.put(i)
        await back.get()
    await task
    return perf_counter_ns() - begin


async def asyncio_task_ns(spawns: int) -> int:
    """The same spawns as asyncio tasks."""

    async def nothing() -> None:
        pass

    begin = perf_counter_ns()
    tasks = []
    for i in range(spawns):
        tasks.append(asyncio.ensure_future(nothing()))
        if i & 255 == 255:
            await asyncio.sleep(0)
            tasks.clear()
    return perf_counter_ns() - begin


OURS: Final[Mapping[str, tuple[Measure, int]]] = {
    "gosched": (gosched_ns, 400_000),
    "hop": (hop_ns, 200_000),
    "spawn": (spawn_ns, 200_000),
}
ASYNCIOS: Final[Mapping[str, tuple[Measure, int]]] = {
    "gosched": (asyncio_sleep_ns, 40_000),
    "hop": (asyncio_queue_ns, 20_000),
    "spawn": (asyncio_task_ns, 20_000),
}


def costs(part: int = 1) -> dict[str, float]:
    """Nanoseconds of one operation of each kind; `part` is what the number of operations is divided by."""
    return {name: in_goroutine(measure, count // part) for name, (measure, count) in OURS.items()}


def asyncio_costs() -> dict[str, float]:
    """The same of asyncio."""
    return {name: asyncio.run(measure(count)) / count for name, (measure, count) in ASYNCIOS.items()}


def of_go() -> dict[str, float]:
    """Nanoseconds per operation of the same three in native Go; {} when it cannot be built."""
    with tempfile.TemporaryDirectory() as directory:
        try:
            program = str(built.native(Path(directory)))
        except UnavailableError:
            return {}
        rounds = {name: [once([program, name, "-1", "-1"], GO_COUNT) for _ in range(ROUNDS)] for name in OURS}
    return {name: statistics.median(one.ns / one.count for one in readings) for name, readings in rounds.items()}


def main() -> None:
    """Print the table."""
    rounds = [(costs(), asyncio_costs()) for _ in range(ROUNDS)]
    mine, asyncios = (by_name(side) for side in zip(*rounds, strict=True))
    native = of_go()
    print(
        f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, "
        f"median of {ROUNDS} [min-max], ns"
    )
    print(f"{'':10}{'ours':>22}{'asyncio':>22}{'Go':>8}{'x asyncio':>11}{'x Go':>7}")
    for name in mine:
        us, them, go_ns = statistics.median(mine[name]), statistics.median(asyncios[name]), native.get(name)
        ratio = "" if go_ns is None else f"{us / go_ns:7.1f}"
        shown = "" if go_ns is None else f"{go_ns:8.0f}"
        print(f"{name:10}{_spread(mine[name]):>22}{_spread(asyncios[name]):>22}{shown:>8}{them / us:11.1f}{ratio:>7}")
    print(f"parked goroutine: {in_goroutine(parked_bytes, PARKED):.0f} bytes")


def _spread(samples: Sequence[float]) -> str:
    return f"{statistics.median(samples):.0f} [{min(samples):.0f}-{max(samples):.0f}]"


if __name__ == "__main__":
    main()
