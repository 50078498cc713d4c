"""Tasks that go wrong, among others that do not: `python -m cluster.bench.badtasks --rounds 1000`.

In each round one task of a kind that chance chooses is submitted among a few good ones, or an item of a `map` is. Its
future must end with the error that its kind has, the good ones with their values, and all in PATIENCE_S. A round
that does not is printed with the seed that repeats it; the exit code is then 1.
"""

import ctypes
import os
import random
import resource
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from cluster.api.cluster import Cluster
from cluster.kernel.chan import Chan
from cluster.kernel.sched import go, sleep
from cluster.model.errors import CannotShipError, LostError, ProgramError

PATIENCE_S: Final = 60.0
SPACING_S: Final = (
    0.6  # for a round that kills up to three Ms: an embedded cluster makes 60 new ones in 10 s, and no more
)
GOOD_MAX: Final = 6
PAGE: Final = os.sysconf("SC_PAGE_SIZE")
ROOM: Final = 64 << 20  # bytes that a task may fill
STEP: Final = 8 << 20


class OddError(Exception):
    """Cannot be made anew from what pickle keeps of it."""

    def __init__(self, place: str, number: int) -> None:
        super().__init__(f"{number} at {place}")


class HeldError(Exception):
    """Cannot be pickled."""

    def __init__(self) -> None:
        super().__init__("held")
        self.lock = threading.Lock()


class Unreadable:
    """Can be written, and not be read."""

    def __reduce__(self) -> tuple[object, ...]:
        return fails, (0,)


def square(x: int) -> int:
    """A good one."""
    return x * x


async def square_later(x: int) -> int:
    """Another."""
    await sleep(0.0005)
    return x * x


def fails(x: int) -> NoReturn:
    """Raises."""
    raise LookupError(f"fails {x}")


def raises_odd(x: int) -> NoReturn:
    """Raises what cannot be read."""
    raise OddError("home", x)


def raises_held(_: int) -> NoReturn:
    """Raises what cannot be pickled."""
    raise HeldError


def returns_a_lock(_: int) -> object:
    """Returns what cannot be pickled."""
    return threading.Lock()


def returns_unreadable(_: int) -> object:
    """Returns what cannot be read."""
    return Unreadable()


def exits(_: int) -> NoReturn:
    """Calls sys.exit."""
    sys.exit(3)


def ends_the_process(_: int) -> NoReturn:
    """Calls os._exit."""
    os._exit(7)


def kills_itself(_: int) -> None:
    """Dies by SIGKILL."""
    os.kill(os.getpid(), signal.SIGKILL)


def crashes(_: int) -> None:
    """Reads where nothing is."""
    ctypes.string_at(0)


def fills_its_memory(_: int) -> object:
    """Takes memory until there is no more: ROOM bytes more than the process has now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    has = int(Path("/proc/self/statm").read_text().split()[0]) * PAGE
    resource.setrlimit(resource.RLIMIT_AS, (has + ROOM, hard))
    try:
        taken = []
        while True:
            taken.append(bytearray(STEP))
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


async def panics_elsewhere(x: int) -> None:
    """A goroutine that it has started raises: that ends the program of the pool, and this task with it."""
    go(fails, x)
    await sleep(1000)


async def waits_for_ever(_: int) -> None:
    """Waits for what never comes."""
    await Chan[int]().recv()


@dataclass(frozen=True, slots=True)
class Kind:
    """What a bad task does, and its error."""

    fn: Callable[[int], object]
    error: type[BaseException]
    text: str
    kills: bool = False  # its M, or all tasks: the others are run again
    in_map: bool = True  # a map can have such an item


KINDS: Final = (
    Kind(fails, LookupError, "fails"),
    Kind(raises_odd, CannotShipError, "OddError"),
    Kind(raises_held, CannotShipError, "HeldError, which a task raised, must go to another process"),
    Kind(returns_a_lock, CannotShipError, "what a task returned must go to another process"),
    Kind(returns_unreadable, CannotShipError, "cannot be read in this process"),
    Kind(exits, SystemExit, "3"),
    Kind(fills_its_memory, MemoryError, ""),
    Kind(ends_the_process, LostError, "exited with code 7", kills=True),
    Kind(kills_itself, LostError, "was killed by signal 9", kills=True),
    Kind(crashes, LostError, "was killed by signal 11", kills=True),
    Kind(panics_elsewhere, ProgramError, "panic: LookupError", kills=True, in_map=False),
    Kind(waits_for_ever, ProgramError, "all goroutines are asleep - deadlock!", kills=True, in_map=False),
)


KILLING: Final = frozenset(kind.fn.__name__ for kind in KINDS if kind.kills)


@dataclass
class Tally:
    """What came of many rounds."""

    rounds: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest_s: float = 0.0


def one_round(cluster: Cluster, rng: random.Random) -> tuple[str, str]:
    """(what the bad task does, what was wrong, or "")."""
    kind = rng.choice((*KINDS, None))
    if kind is None:
        return "cannot be pickled", _unpicklable(cluster)
    if kind.in_map and rng.random() < 0.2:
        return kind.fn.__name__, _mapped(cluster, rng, kind)
    x = rng.randrange(1000)
    before = [cluster.submit(rng.choice((square, square_later)), i) for i in range(rng.randrange(GOOD_MAX))]
    bad = cluster.submit(kind.fn, x, retries=rng.randrange(3))
    later = [cluster.submit(rng.choice((square, square_later)), i) for i in range(rng.randrange(GOOD_MAX))]
    wrong = _differs(kind, bad.exception(PATIENCE_S))
    for good in (before, later):
        if (values := [future.result(PATIENCE_S) for future in good]) != [i * i for i in range(len(good))]:
            wrong = f"good tasks returned {values}"
    return kind.fn.__name__, wrong


def _differs(kind: Kind, error: BaseException | None) -> str:
    good = isinstance(error, kind.error) and kind.text in str(error)
    return "" if good else f"{kind.fn.__name__} ended with {error!r}"


def _unpicklable(cluster: Cluster) -> str:
    error = cluster.submit(square, threading.Lock()).exception(PATIENCE_S)
    return "" if isinstance(error, CannotShipError) else f"a lock as an argument: {error!r}"


def _bad_or_good(item: tuple[int, int]) -> object:
    which, x = item
    return square(x) if which < 0 else KINDS[which].fn(x)


def _mapped(cluster: Cluster, rng: random.Random, kind: Kind) -> str:
    n = rng.randrange(1, 30)
    at = rng.randrange(n)
    items = [(KINDS.index(kind) if i == at else -1, i) for i in range(n)]
    values: list[Any] = []
    try:
        values.extend(cluster.map(_bad_or_good, items, timeout=PATIENCE_S, retries=rng.randrange(3)))
    except TimeoutError:
        raise
    except BaseException as error:  # noqa: BLE001  # SystemExit is one of those that must come
        return _differs(kind, error)
    return f"a map with an item that {kind.fn.__name__} returned {values}"


def play(cluster: Cluster, seed: int, rounds: int, show: Callable[[str], None]) -> Tally:
    """Many rounds; each has a chance of its own, from `seed` on."""
    tally = Tally()
    for number in range(seed, seed + rounds):
        begin = time.monotonic()
        try:
            name, wrong = one_round(cluster, random.Random(number))
        except (TimeoutError, CancelledError, Exception) as error:  # noqa: BLE001  # of a good task, or a hang
            name, wrong = "?", f"{type(error).__name__}: {error}"
        took_s = time.monotonic() - begin
        tally.rounds[name] += 1
        tally.slowest_s = max(tally.slowest_s, took_s)
        if wrong:
            tally.wrong.append(f"--seed {number} --rounds 1: {wrong}")
            show(tally.wrong[-1])
        if name in KILLING:
            time.sleep(max(0.0, SPACING_S - took_s))
    return tally


@click.command()
@click.option("--rounds", default=1000, show_default=True, help="How many.")
@click.option("--seed", default=0, show_default=True, help="Of the first; the next has the next.")
@click.option("--procs", default=2, show_default=True)
def main(rounds: int, seed: int, procs: int) -> None:
    """Submit bad tasks among good ones. Exit code 1 when any round goes wrong."""
    begin = time.monotonic()
    with Cluster(procs=procs, workers=procs) as cluster:
        tally = play(cluster, seed, rounds, print)
    for name, times in sorted(tally.rounds.items()):
        print(f"{times:6} {name}")
    print(
        f"{rounds} rounds from seed {seed} in {time.monotonic() - begin:.0f} s, the slowest in {tally.slowest_s:.1f} s:"
        f" {len(tally.wrong)} wrong"
    )
    if tally.wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
