"""What is measured of one pool, in the process that started it.

Counts      are chosen for each pool from a pilot run, so that a sample takes about the budget: a pool that takes a
            millisecond for a task is not given as many as one that takes microseconds, but enough for its steady state.
Warm-up     before each kind of sample, uncounted: the pilot, of the same tasks.
Work        of a task is a number of loops, measured beforehand by the CPU clock of threads with all workers at it
            (calibrated). It is not "until the CPU clock says so": a pool that runs several tasks on a thread by
            turns would be told of each that the others' time was its own.
Efficiency  is what bare processes take for the same loops, in the same round, by what the pool takes. The tasks are
            submitted one by one.
GC          is on, as in real programs.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Final

from cluster.bench.peers import tasks
from cluster.bench.peers.system import CannotError, System
from cluster.model.errors import ClusterError

SUBMIT: Final = "submit"
MAP: Final = "map"
WORK: Final = "work"
TREE: Final = "tree"
BYTES: Final = "bytes"
SECTIONS: Final = (SUBMIT, MAP, WORK, TREE, BYTES)

LENGTHS_MS: Final = (0.01, 0.1, 1.0, 10.0, 100.0)
TREES: Final = (4, 6, 8, 11, 14, 17, 20)  # so many times as many tasks each as the one before: about 4
LARGE_BYTES: Final = 10_000_000
CALIBRATION_LOOPS: Final = 2_000_000  # some tens of milliseconds
CALIBRATIONS: Final = 5
LEAST_TASKS: Final = 4  # a sample has at least so many for each worker: else the last one decides
LEAST_ITEMS: Final = 10_000
MOST_TASKS: Final = 20_000
MOST_ITEMS: Final = 1_000_000
MOST_LARGE: Final = 32  # all are kept at once
GROWTH: Final = 16  # of one pilot to the next
TRUSTED: Final = 4  # a pilot that takes less than this part of a sample says little: the first tasks are slow ones


@dataclass(frozen=True, slots=True)
class Budget:
    """How much is measured."""

    sample_s: float
    samples: int
    workers: int
    lengths_ms: tuple[float, ...] = LENGTHS_MS


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure: nanoseconds for each of `count` tasks or items, or why there is none."""

    what: str
    ns: float
    count: int
    why_not: str = ""


Clock = Callable[[], int]


def samples(
    system: System, section: str, budget: Budget, loops_per_ms: float, now: Clock = perf_counter_ns
) -> Iterator[Sample]:
    """Those of one section, as they come. ClusterError when the pool's results are wrong."""
    least = LEAST_TASKS * budget.workers
    if section == SUBMIT:
        yield from sampled(SUBMIT, lambda n: _each(system, tasks.empty, [()] * n, None, now), budget, least, MOST_TASKS)
    elif section == WORK:
        for length in budget.lengths_ms:
            row = (max(1, round(length * loops_per_ms)),)
            yield from sampled(
                work(length),
                lambda n, row=row: _each(system, tasks.spin, [row] * n, None, now),  # type: ignore[misc]
                budget,
                least,
                MOST_TASKS,
            )
    elif section == MAP:
        yield from sampled(MAP, lambda n: _map(system, n, now), budget, LEAST_ITEMS * budget.workers, MOST_ITEMS)
    elif section == TREE:
        yield from _trees(system, budget, now)
    else:
        yield from sampled(BYTES, lambda n: _large(system, n, now), budget, least, MOST_LARGE)


def work(length_ms: float) -> str:
    """The name of the sample of tasks of that length."""
    return f"{length_ms:g} ms"


def calibrated(system: System, workers: int) -> float:
    """Loops in a millisecond of CPU time, the median of all workers that do them at once, several times."""
    rates = sorted(
        rate for _ in range(CALIBRATIONS) for rate in system.each(tasks.loops_per_ms, [(CALIBRATION_LOOPS,)] * workers)
    )
    return rates[len(rates) // 2]


def sampled(what: str, once: Callable[[int], int], budget: Budget, least: int, most: int) -> Iterator[Sample]:
    """Samples of `once(count)`, which says how many nanoseconds so many took, after pilots that find the count."""
    once(least)  # what a first time needs is there
    count = least
    while (took := once(count)) < budget.sample_s * 1e9 / TRUSTED and count < most:
        count = min(GROWTH * count, max(2 * count, fitting(took / count, budget, least, most)), most)
    count = fitting(took / count, budget, least, most)
    for _ in range(budget.samples):
        yield Sample(what, once(count) / count, count)


def fitting(each_ns: float, budget: Budget, least: int, most: int) -> int:
    """How many of these take as long as a sample should, the same number for each worker."""
    count = max(least, min(int(budget.sample_s * 1e9 / each_ns), most))
    return count - count % budget.workers


def _each(
    system: System, fn: Callable[..., object], rows: Sequence[tuple[object, ...]], value: object, now: Clock
) -> int:
    """Tasks, each of which returns `value`."""
    began = now()
    values = system.each(fn, rows)
    took = now() - began
    if values != [value] * len(rows):
        raise ClusterError(f"{len(rows)} tasks, each of which returns {value}, gave {_told(values)}")
    return took


def _map(system: System, count: int, now: Clock) -> int:
    items = list(range(count))  # a slice of a range would be sent as two numbers
    began = now()
    values = system.map(tasks.successor, items)
    took = now() - began
    if sum(values) != count * (count + 1) // 2 or len(values) != count:  # some give them in another order
        raise ClusterError(f"a map of {count} items gave {_told(values)}")
    return took


def _large(system: System, count: int, now: Clock) -> int:
    """Each task has bytes of its own: whoever knows an object again would send it once."""
    rows = [(bytes([i]) * LARGE_BYTES,) for i in range(count)]
    return _each(system, tasks.length, rows, LARGE_BYTES, now)


def _trees(system: System, budget: Budget, now: Clock) -> Iterator[Sample]:
    """Of the smallest tree that takes half a sample's time."""
    try:
        for n in TREES:
            took = _tree(system, n, now)
            if took >= budget.sample_s * 1e9 / 2:
                break
    except CannotError as error:
        yield Sample(TREE, 0, 0, str(error))
        return
    for _ in range(budget.samples):
        yield Sample(TREE, _tree(system, n, now) / tasks.calls_of(n), tasks.calls_of(n))


def _tree(system: System, n: int, now: Clock) -> int:
    began = now()
    value = system.tree(n)
    took = now() - began
    if value != tasks.fibonacci(n):
        raise ClusterError(f"a tree of {tasks.calls_of(n)} tasks gave {value}, and not {tasks.fibonacci(n)}")
    return took


def _told(values: Sequence[object]) -> str:
    return f"{len(values)} values, of which the first are {values[:3]}"
