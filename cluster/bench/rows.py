"""The ladder as rows, for a table, a file or a plot: in a fixed order, whatever the order of sampling was."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cluster.bench.figures import Figure, number
from cluster.bench.ladder import PIPE_PROCESS, PIPE_THREAD
from cluster.bench.sampling import Ladder
from cluster.model.clock import MICROSECOND, MILLISECOND

PYTHON: Final = "Python"
LANGUAGES: Final = {"C: ": "C", "Go: ": "Go", "go test: ": "go test", "perf bench ": "perf bench"}  # by a name's begin
TITLES: Final = {"sched pipe": PIPE_PROCESS, "sched pipe -T": PIPE_THREAD}  # what the tools of others call the same
GROUPS: Final = {  # by what a rung is: the titles of the table's parts
    "": "within one thread: the kernel switches nothing",
    "one core": "parties on one core: the cost of a switch",
    "two cores": "parties on two cores: the latency of a wake-up, which is no switch's cost",
    "not pinned": "parties wherever the system puts them: switch or wake-up",
    "own": "baselines: the same calls by one party, taken off above",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A rung that was measured."""

    name: str
    title: str  # without what the group and the language say
    language: str
    group: str
    net: Figure
    raw: Figure
    baseline: str
    baseline_ns: float | None
    expected: float | None
    counted: float | None
    refused: str


def rows(ladder: Ladder) -> list[Row]:
    """By group; within it by title as they come, and what is the same in another language beside it."""
    baselines = {taken.rung.baseline for taken in ladder.taken.values()}
    made = [_row(ladder, name, own=_is_own(name, baselines)) for name in ladder.taken]
    titles = list(dict.fromkeys(row.title for row in made))
    languages = [PYTHON, *LANGUAGES.values()]
    groups = list(GROUPS)
    return sorted(
        made, key=lambda row: (groups.index(row.group), titles.index(row.title), languages.index(row.language))
    )


def _is_own(name: str, baselines: set[str]) -> bool:
    """Whether it is a baseline only: a hop within an M is one, too, but for itself."""
    return name in baselines and "hop" not in name


def _row(ladder: Ladder, name: str, *, own: bool) -> Row:
    taken, baseline = ladder.taken[name], ladder.baseline(name)
    prefix = next((prefix for prefix in LANGUAGES if name.startswith(prefix)), "")
    title, _, place = name.removeprefix(prefix).rpartition(", ")
    group = place if place in GROUPS and title else ""
    return Row(
        name,
        TITLES.get(title, title) if group else name.removeprefix(prefix),
        LANGUAGES[prefix] if prefix else PYTHON,
        "own" if own else group,
        ladder.net(name),
        taken.raw,
        taken.rung.baseline if baseline is not None else "",
        baseline.raw.median if baseline is not None else None,
        taken.rung.switches,
        taken.switches.median if taken.switches is not None else None,
        taken.refused,
    )


def in_csv(made: Sequence[Row]) -> str:
    """With a line of names; times are nanoseconds."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        [
            "name", "language", "group", "net_median_ns", "net_low_ns", "net_high_ns", "net_min_ns", "raw_median_ns",
            "baseline", "baseline_ns", "switches_expected", "switches_counted", "valid_samples", "refused",
        ]
    )  # fmt: skip
    writer.writerows(_cells(row) for row in made)
    return out.getvalue()


def _cells(row: Row) -> Iterator[object]:
    low, high = row.net.interval
    yield from (row.name, row.language, row.group or "one thread")
    yield from (round(ns, 1) for ns in (row.net.median, low, high, row.net.minimum, row.raw.median))
    yield from (row.baseline, "" if row.baseline_ns is None else round(row.baseline_ns, 1))
    yield from ("" if row.expected is None else row.expected, "" if row.counted is None else round(row.counted, 4))
    yield from (0 if row.refused else len(row.raw.samples), row.refused)


def duration(ns: float) -> str:
    """With three figures, in a unit that fits."""
    for unit, size in (("ms", MILLISECOND), ("us", MICROSECOND)):
        if abs(ns) >= size:
            return f"{number(ns / size)} {unit}"
    return f"{number(ns)} ns"
