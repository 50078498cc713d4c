"""What it costs to move a started goroutine, and whether it leaves anything behind: `python -m cluster.bench.moving`.

Times are of the processor, median and quartiles of ROUNDS, of a goroutine with three variables that waits in
the runtime's own park, alone and two calls deep. `--leaks N` moves goroutines of several kinds N times in
all, and prints the allocated blocks and the resident size as it goes: they must become flat.
"""

import gc
import os
import platform
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from time import process_time_ns
from typing import Any, Final

import click

from cluster.bench.figures import Figure, by_name
from cluster.bench.movepeer import NoneShared
from cluster.kernel.g import CHAN_RECEIVE
from cluster.kernel.sched import park
from cluster.model.clock import MICROSECOND
from cluster.wire import frame
from cluster.wire.moving import pack, unpack, void
from cluster.wire.pickling import Pickling

ROUNDS: Final = 7
TIMES: Final = 2000
LEAK_LINES: Final = 10
KIB: Final = 1024


async def waits(number: int, name: str, share: float) -> object:
    """A goroutine of depth 1."""
    while True:
        number += 1 if await park(CHAN_RECEIVE) else 0
        share += len(name)


async def deep(number: int, name: str, share: float) -> object:
    """A goroutine of depth 3."""
    return await middle(number + 1, name), share


async def middle(number: int, name: str) -> object:
    """Called by `deep`, calls `waits`."""
    return await waits(number, name, 0.5)


async def handles(number: int, name: str, share: float) -> object:
    """A goroutine that handles an exception, in a closure, in a comprehension, with a generator in hand."""
    squares = (i * i for i in range(number))

    async def inner() -> object:
        try:
            raise KeyError(name, next(squares))
        except KeyError:
            return [await waits(i, name, share) for i in range(2)]

    return await inner()


MOVED: Final[tuple[Callable[[int, str, float], Coroutine[Any, Any, object]], ...]] = (waits, deep, handles)


def started(main: Callable[[int, str, float], Coroutine[Any, Any, object]]) -> Any:  # noqa: ANN401  # a coroutine
    """A goroutine that waits."""
    coroutine = main(1, "name", 2.5)
    coroutine.send(None)
    return coroutine


def us_of(call: Callable[[], object], times: int) -> float:
    """Microseconds of one call."""
    begin = process_time_ns()
    for _ in range(times):
        call()
    return (process_time_ns() - begin) / times / MICROSECOND


def costs(pickling: Pickling, rounds: int = ROUNDS, times: int = TIMES) -> dict[str, dict[str, Figure]]:
    """Times and bytes, by kind of goroutine. All kinds in each round, and all calls of one `times` times in a row."""
    kinds = {"depth 1": waits, "depth 3": deep, "closure, exception, generator": handles}
    coroutines = {name: started(main) for name, main in kinds.items()}
    packed = {name: pack(coroutine, pickling) for name, coroutine in coroutines.items()}

    def there_and_back(data: bytes) -> None:
        void(pack(unpack(data, pickling), pickling))

    taken: dict[str, list[dict[str, float]]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, coroutine in coroutines.items():
            pack_us = us_of(partial(pack, coroutine, pickling), times)
            taken[name].append(
                {
                    "capture": us_of(partial(frame.primitives.capture, coroutine), times),
                    "pack": pack_us,
                    "unpack and void": us_of(partial(there_and_back, packed[name].data), times) - pack_us,
                }
            )
    figures = {}
    for name in kinds:
        figures[name] = {what: Figure("us", samples) for what, samples in by_name(taken[name]).items()}
        figures[name]["size"] = Figure("bytes", (len(packed[name].data),))
        void(packed[name])
    return figures


def leaks(moves: int, pickling: Pickling) -> None:
    """Move, and print what is left at LEAK_LINES points."""
    coroutines = [started(main) for main in MOVED]
    print(f"{'moves':>10}{'blocks':>10}{'KiB':>10}")
    for line in range(LEAK_LINES + 1):
        gc.collect()
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // KIB
        print(f"{line * moves // LEAK_LINES:10}{sys.getallocatedblocks():10}{resident:10}")
        for _ in range(moves // LEAK_LINES // len(MOVED) if line < LEAK_LINES else 0):
            for i, coroutine in enumerate(coroutines):
                packed = pack(coroutine, pickling)
                void(packed)
                coroutines[i] = unpack(packed.data, pickling)
    for coroutine in coroutines:
        void(pack(coroutine, pickling))


@click.command()
@click.option("--leaks", "moves", default=0, help="Move this many times, and print what is left.")
def main(moves: int) -> None:
    """Print the table."""
    if not frame.available:
        raise click.ClickException(f"nothing moves here: {frame.why_not}")
    pickling = Pickling("__main__", NoneShared())
    print(f"Python {platform.python_version()}, {platform.machine()}")
    if moves:
        leaks(moves, pickling)
        return
    for name, figures in costs(pickling).items():
        size = figures.pop("size")
        words = [f"{what} {figure}" for what, figure in figures.items()]
        print(f"{name}: {', '.join(words)}, {size.median:.0f} bytes")


if __name__ == "__main__":
    main()
