"""What runs of scaling.py come to: a row for each kind of work, way of scaling and number of Ps.

Ratios are of runs of one round; a figure is the median over the rounds with its bootstrap interval. Where the time goes
is an account that adds up: of the n T(n) core-seconds of n Ps, T(1) are the work as it is on one P, and each other
second is one of Lost. Shares may be negative: work can take less processor time beside other work.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from cluster.bench.figures import Figure
from cluster.bench.laws import Fits, fit
from cluster.bench.scaling import Results, Run, Setting
from cluster.model.clock import SECOND

LOSSES: Final[Mapping[str, str]] = {
    "dearer": "processor time that the same units took more",
    "kept": "waiting for a core",
    "asleep": "without work",
}


@dataclass(frozen=True, slots=True)
class Lost:
    """Parts of n T(n), each more than it was on one P: medians."""

    dearer: float  # processor time of main threads
    kept: float  # time in which a main thread was runnable and had no core
    asleep: float  # time in which a P had no main thread to use it: at the start, at the end, waiting for messages

    @property
    def largest(self) -> str:
        """The name of the part that is largest."""
        return max(LOSSES, key=lambda name: getattr(self, name))


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of work on so many Ps, beside the bare split over as many processes."""

    kind: str
    weak: bool
    pinned: bool
    procs: int
    ideal: int  # speed-up
    wall: Figure
    bare_wall: Figure
    speedup: Figure
    bare_speedup: Figure
    of_bare: Figure  # the bare split's wall time by ours: 1 is as fast
    cores: tuple[float, ...]  # the share of the run in which each core was at work, for anybody
    steals: float
    stolen: float
    handoffs: float
    messages: float
    goroutines: float
    ms: float
    helpers: float  # cores that all other threads of ours used: sysmon's, ZeroMQ's, the coordinator's
    lost: Lost
    bare_lost: Lost

    @property
    def efficiency(self) -> Figure:
        """Of the ideal speed-up."""
        return Figure("of ideal", tuple(one / self.ideal for one in self.speedup.samples))

    @property
    def bare_efficiency(self) -> Figure:
        """The same of the bare split."""
        return Figure("of ideal", tuple(one / self.ideal for one in self.bare_speedup.samples))

    @property
    def oversubscribed(self) -> bool:
        """Whether there are more Ps than cores."""
        return self.procs > self.ideal

    @property
    def messages_per_goroutine(self) -> float:
        """main included."""
        return self.messages / max(self.goroutines, 1)

    @property
    def scaling(self) -> str:
        """In a word."""
        return "weak" if self.weak else "strong"

    @property
    def placed(self) -> str:
        """In a word."""
        return "pinned" if self.pinned else "free"

    def describe(self) -> dict[str, object]:
        """As plain data."""
        figures = {
            "wall": self.wall,
            "bare_wall": self.bare_wall,
            "speedup": self.speedup,
            "bare_speedup": self.bare_speedup,
            "efficiency": self.efficiency,
            "bare_efficiency": self.bare_efficiency,
            "of_bare": self.of_bare,
        }
        head = {"kind": self.kind, "scaling": self.scaling, "ms": self.placed, "procs": self.procs}
        return {
            **head,
            "ideal": self.ideal,
            "oversubscribed": self.oversubscribed,
            **{name: figure.describe() for name, figure in figures.items()},
            "cores": list(self.cores),
            "steals": self.steals,
            "stolen": self.stolen,
            "handoffs": self.handoffs,
            "messages": self.messages,
            "goroutines": self.goroutines,
            "messages_per_goroutine": self.messages_per_goroutine,
            "processes_of_ms": self.ms,
            "helpers_cores": self.helpers,
            "lost": asdict(self.lost),
            "bare_lost": asdict(self.bare_lost),
        }


def rows(results: Results) -> list[Row]:
    """All rows, in the order of the plan: strong scaling first."""
    plan = results.plan
    return [
        _row(results, kind, weak, pinned, n)
        for kind in plan.kinds
        for pinned in plan.pinning
        for weak in ((False, True) if plan.weak else (False,))
        for n in plan.procs
        if not (weak and n == 1)
    ]


def _row(results: Results, kind: str, weak: bool, pinned: bool, n: int) -> Row:
    ours = results.runs[Setting(kind, weak, pinned, False, n)]
    bare = results.runs[Setting(kind, weak, pinned, True, n)]
    alone = results.runs[Setting(kind, False, pinned, False, 1)]
    bare_alone = results.runs[Setting(kind, False, pinned, True, 1)]
    times = n if weak else 1
    return Row(
        kind,
        weak,
        pinned,
        n,
        min(n, results.cores),
        _walls(ours),
        _walls(bare),
        _ratios(alone, ours, times),
        _ratios(bare_alone, bare, times),
        _ratios(bare, ours, 1),
        _cores(ours),
        _median(ours, lambda run: run.counts.steals),
        _median(ours, lambda run: run.counts.stolen),
        _median(ours, lambda run: run.counts.handoffs),
        _median(ours, lambda run: run.counts.messages),
        _median(ours, lambda run: run.goroutines),
        _median(ours, lambda run: run.used.ms),
        _median(ours, lambda run: run.used.helpers_cpu_ns / run.wall_ns),
        lost(alone, ours, n, times),
        lost(bare_alone, bare, n, times),
    )


def _cores(runs: list[Run]) -> tuple[float, ...]:
    """How busy each core was."""
    by_core = zip(*([ns / run.wall_ns for ns in run.busy_ns] for run in runs), strict=True)
    return tuple(Figure("", shares).median for shares in by_core)


def lost(alone: list[Run], many: list[Run], n: int, times: int) -> Lost:
    """Where n T(n) - `times` T(1) goes, as parts of n T(n)."""

    def part(cost: Callable[[Run, int], float]) -> float:
        shares = (
            (cost(run, n) - times * cost(one, 1)) / (n * run.wall_ns) for one, run in zip(alone, many, strict=True)
        )
        return Figure("", tuple(shares)).median

    return Lost(
        part(lambda run, _: run.used.main_cpu_ns),
        part(lambda run, _: run.used.main_kept_ns),
        part(lambda run, ps: ps * run.wall_ns - run.used.main_cpu_ns - run.used.main_kept_ns),
    )


def _walls(runs: list[Run]) -> Figure:
    return Figure("s", tuple(run.wall_ns / SECOND for run in runs))


def _ratios(above: list[Run], below: list[Run], times: int) -> Figure:
    pairs = zip(above, below, strict=True)
    return Figure("x", tuple(times * one.wall_ns / other.wall_ns for one, other in pairs))


def _median(runs: list[Run], of: Callable[[Run], float]) -> float:
    return Figure("", tuple(of(run) for run in runs)).median


Series = tuple[str, bool]  # kind of work, and whether Ms were pinned


def fits(results: Results) -> dict[Series, Fits]:
    """The laws over strong scaling, of numbers of Ps for which there are cores."""
    return dict(_fits(rows(results)))


def _fits(all_of: list[Row]) -> Iterator[tuple[Series, Fits]]:
    for series in dict.fromkeys((row.kind, row.pinned) for row in all_of):
        fitted = [row for row in all_of if (row.kind, row.pinned) == series and not (row.weak or row.oversubscribed)]
        by_round = zip(*(row.speedup.samples for row in fitted), strict=True)
        yield series, fit([dict(zip((row.procs for row in fitted), one, strict=True)) for one in by_round])


def in_csv(made: Sequence[Row]) -> str:
    """A line of names, and one for each row; shares and speed-ups are plain numbers, times are seconds."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for at, row in enumerate(made):
        cells = dict(_cells(row))
        if not at:
            writer.writerow(cells)
        writer.writerow(cells.values())
    return out.getvalue()


def _cells(row: Row) -> Iterator[tuple[str, object]]:
    for name, value in row.describe().items():
        match value:
            case {"median": median, "interval": [low, high]}:
                yield from ((f"{name}_median", median), (f"{name}_low", low), (f"{name}_high", high))
            case dict():
                yield from ((f"{name}_{part}", share) for part, share in value.items())
            case list():
                yield name, " ".join(f"{one:.3f}" for one in value)
            case _:
                yield name, value


def limits(row: Row) -> str:
    """What keeps this row from its ideal, in words."""
    gone = 1 - row.efficiency.median
    if row.procs == 1 or gone <= 0:
        return f"nothing is lost on {row.procs} Ps"
    name = row.lost.largest
    parts = ", ".join(f"{100 * getattr(row.lost, part):.1f} % {words}" for part, words in LOSSES.items())
    return (
        f"{100 * gone:.1f} % of the ideal on {row.procs} Ps is lost, most of it {LOSSES[name]} ({parts}); "
        f"the bare split loses {100 * (1 - row.bare_efficiency.median):.1f} %"
    )
