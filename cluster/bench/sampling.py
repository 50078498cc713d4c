"""How a cost is sampled, so that an expert believes it: the protocol of all rungs of a ladder.

Reading.    One timed run of a count of operations, by a monotonic clock, without garbage collection in Python, with the
            switches that the kernel has counted meanwhile.
Count.      The count is grown until a run lasts long enough; the runs that find it warm up, and are no samples.
            A sample is as many runs as it takes to have lasted that long: short readings show the clock.
Order.      In each round all rungs once, in an order drawn anew under a seed that is printed: a slow minute hits all.
Check.      A rung says how many switches the kernel should count per operation, voluntary and not, by all parties. When
            what it counted differs by over 2 % of the operations, the operation is not what its name says: then
            the sample is invalid, and a rung with less than half of its samples valid is refused.
Kept.       Nothing is thrown away in silence: all samples are in the data, and those that are invalid say why.
Result.     Median, its bootstrap interval, minimum; with the baseline (the same calls by one party) taken off, and raw.
Sources.    lmbench lib_timing.c (benchmp: scaled counts, median of 11); Sigoure's timectxsw, whose divisor is wrong
            where no switch happens; both as told in measuring.md.
"""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import perf_counter_ns
from typing import Final, Protocol

from cluster.bench.figures import Figure
from cluster.model.clock import MILLISECOND, SECOND
from cluster.model.errors import ClusterError

MISCOUNT_MAX: Final = 0.02  # of the operations: switches that nobody asked for, as a tick of the timer, are fewer
VALID_PART_MIN: Final = 0.5  # of the samples: with fewer, their median is an accident
GROWTH_MAX: Final = 100  # of a count from one run to the next: the first run is cold, and says little
MARGIN: Final = 1.05  # so that one reading is nearly always enough for a sample
SWITCHES: Final = ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")  # in /proc/PID/status
COUNT_MAX: Final = 1 << 40  # of operations that have lasted no time: the clock stands


@dataclass(frozen=True, slots=True)
class Effort:
    """How long a sample lasts at least, and how many there are of each rung."""

    sample_ns: int
    samples: int


FULL: Final = Effort(SECOND, 11)
QUICK: Final = Effort(3 * MILLISECOND, 11)


@dataclass(frozen=True, slots=True)
class Reading:
    """A run of `count` operations, and the switches of all its parties in it; None where they cannot be counted."""

    count: int
    ns: int
    switches: int | None = None

    def __add__(self, other: "Reading") -> "Reading":
        both = None if self.switches is None or other.switches is None else self.switches + other.switches
        return Reading(self.count + other.count, self.ns + other.ns, both)


class Measure(Protocol):
    """Does so many operations."""

    def __call__(self, count: int, /) -> Reading: ...


class UnavailableError(ClusterError):
    """A rung cannot be measured here; the text says why, and what would help."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One quantity. `open` sets up what its operations need, and takes it down."""

    name: str
    open: Callable[[], AbstractContextManager[Measure]]
    switches: float | None = None  # that the kernel should count per operation; None: nobody can know
    baseline: str = ""  # the rung that is the same calls by one party


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading that is long enough, and why it is invalid; "" when it is valid."""

    reading: Reading
    why: str

    @property
    def ns(self) -> float:
        """Of one operation."""
        return self.reading.ns / self.reading.count

    @property
    def switches(self) -> float | None:
        """Of one operation."""
        return None if self.reading.switches is None else self.reading.switches / self.reading.count


@dataclass(frozen=True, slots=True)
class Taken:
    """All samples of a rung."""

    rung: Rung
    samples: tuple[Sample, ...]

    @property
    def refused(self) -> str:
        """Why these samples give no figure; "" when they do."""
        valid = sum(not sample.why for sample in self.samples)
        if valid >= VALID_PART_MIN * len(self.samples):
            return ""
        first = next(sample.why for sample in self.samples if sample.why)
        return f"{len(self.samples) - valid} of {len(self.samples)} samples are invalid: {first}"

    @property
    def raw(self) -> Figure:
        """Of the valid samples; of all when the rung is refused."""
        valid = [sample.ns for sample in self.samples if not sample.why]
        return Figure("ns", tuple(sample.ns for sample in self.samples) if self.refused else tuple(valid))

    def net(self, baseline: "Taken | None") -> Figure:
        """`raw` less the median of the baseline. May be below 0: then nothing is left of the cost."""
        off = baseline.raw.median if baseline is not None else 0.0
        return Figure("ns", tuple(ns - off for ns in self.raw.samples))

    @property
    def switches(self) -> Figure | None:
        """Of one operation, in all samples; None when they were not counted."""
        counted = tuple(sample.switches for sample in self.samples if sample.switches is not None)
        return Figure("switches", counted) if counted else None

    def describe(self) -> dict[str, object]:
        """As plain data, with every sample."""
        return {
            "raw": self.raw.describe(),
            "switches_expected": self.rung.switches,
            "switches_counted": self.switches.median if self.switches is not None else None,
            "refused": self.refused,
            "samples": [
                {"count": s.reading.count, "ns": s.reading.ns, "switches": s.reading.switches, "invalid": s.why}
                for s in self.samples
            ],
        }


@dataclass(frozen=True, slots=True)
class Ladder:
    """What came of a set of rungs: those that were measured, and why the others were not."""

    taken: Mapping[str, Taken]
    left_out: Mapping[str, str]

    def baseline(self, name: str) -> Taken | None:
        """What is taken off that rung."""
        return self.taken.get(self.taken[name].rung.baseline)

    def net(self, name: str) -> Figure:
        """The rung without its baseline."""
        return self.taken[name].net(self.baseline(name))

    def __or__(self, other: "Ladder") -> "Ladder":
        return Ladder({**self.taken, **other.taken}, {**self.left_out, **other.left_out})

    def describe(self) -> dict[str, object]:
        """As plain data."""
        rungs: dict[str, object] = {}
        for name, taken in self.taken.items():
            rungs[name] = {"net": self.net(name).describe(), "baseline": taken.rung.baseline, **taken.describe()}
        return {"rungs": rungs, "left_out": dict(self.left_out)}


def nothing(_name: str, _steps: int) -> None:
    """Tell nobody."""


def climb(rungs: Sequence[Rung], effort: Effort, rng: Random, tell: Callable[[str, int], None] = nothing) -> Ladder:
    """Sample all rungs. `tell` hears of which rung how many of the `steps` are over."""
    left_out: dict[str, str] = {}
    with ExitStack() as stack:
        opened, counts = dict[str, tuple[Rung, Measure]](), dict[str, int]()
        for rung in rungs:
            with _left_out(rung.name, left_out):
                opened[rung.name] = rung, stack.enter_context(rung.open())
        for rung in rungs:
            with _left_out(rung.name, left_out):
                if rung.name in opened:
                    counts[rung.name] = scaled(opened[rung.name][1], effort.sample_ns)
            tell(rung.name, 1 if rung.name in counts else 1 + effort.samples)
        samples: dict[str, list[Sample]] = {name: [] for name in counts}
        for name in in_random_order(tuple(counts), effort.samples, rng):
            rung, measure = opened[name]
            with _left_out(name, left_out):
                if name not in left_out:
                    samples[name].append(judged(sample(measure, effort.sample_ns, counts[name]), rung.switches))
            tell(name, 1)
    kept = {name: tuple(all_of) for name, all_of in samples.items() if name not in left_out}
    return Ladder({name: Taken(opened[name][0], all_of) for name, all_of in kept.items()}, left_out)


@contextmanager
def _left_out(name: str, left_out: dict[str, str]) -> Iterator[None]:
    """What cannot be measured is noted there, and the others go on."""
    try:
        yield
    except UnavailableError as error:
        left_out[name] = str(error)


def steps(rungs: Sequence[Rung], effort: Effort) -> int:
    """Of `climb`: each rung is warmed up, and sampled so often."""
    return len(rungs) * (1 + effort.samples)


def in_random_order(names: Sequence[str], rounds: int, rng: Random) -> Iterator[str]:
    """All names in each round, in an order of its own."""
    for _ in range(rounds):
        yield from rng.sample(names, len(names))


def scaled(measure: Measure, want_ns: int) -> int:
    """The count of operations that lasts about so long. ValueError when no count lasts any time."""
    count = 1
    while (reading := measure(count)).ns < want_ns / 2:
        if count >= COUNT_MAX:
            raise ValueError(f"{count} operations lasted {reading.ns} ns: the clock stands, or nothing is done")
        count = _count_for(want_ns, reading)
    return _count_for(want_ns, reading)


def sample(measure: Measure, want_ns: int, count: int) -> Reading:
    """Readings until they have lasted so long, as one."""
    reading = measure(count)
    while reading.ns < want_ns:
        reading += measure(min(count, _count_for(want_ns - reading.ns, reading)))
    return reading


def _count_for(want_ns: int, reading: Reading) -> int:
    """How many more operations last so long, as far as a reading tells; not GROWTH_MAX times more than it had."""
    wanted = GROWTH_MAX * reading.count if reading.ns <= 0 else int(MARGIN * want_ns * reading.count / reading.ns)
    return max(1, min(wanted, GROWTH_MAX * reading.count))


def judged(reading: Reading, expected: float | None) -> Sample:
    """The reading as a sample: invalid when the kernel has counted other switches than `expected` per operation."""
    if expected is None or reading.switches is None:
        return Sample(reading, "")
    wanted = expected * reading.count
    if abs(reading.switches - wanted) <= MISCOUNT_MAX * reading.count:
        return Sample(reading, "")
    counted = reading.switches / reading.count
    return Sample(reading, f"{counted:.2f} switches per operation were counted, and {expected:g} expected")


def timed(
    count: int,
    loop: Callable[[int], object],
    switches: Callable[[], int] | None = None,
    clock: Callable[[], int] = perf_counter_ns,
) -> Reading:
    """A reading of `loop(count)` in this process, without garbage collection. `switches` tells all so far."""
    with collector_off():
        switched = switches() if switches is not None else 0
        began = clock()
        loop(count)
        ns = clock() - began
        return Reading(count, ns, switches() - switched if switches is not None else None)


@contextmanager
def collector_off() -> Iterator[None]:
    """No garbage is collected within; afterwards all is as it was."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def switches_of(*pids: int) -> int:
    """Voluntary and involuntary switches of all threads of these processes so far. UnavailableError without /proc."""
    try:
        statuses = [task.read_text() for pid in pids for task in Path(f"/proc/{pid}/task").glob("*/status")]
    except OSError as error:
        raise UnavailableError(f"the switches of processes {pids} are not told: {error}") from error
    return sum(switches_in(status) for status in statuses)


def switches_in(status: str) -> int:
    """Those of one /proc/PID/status."""
    lines = (line.partition(":") for line in status.splitlines())
    return sum(
        int(value) for name, _, value in lines if name in ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")
    )
