"""Spans sorted into lanes, and thinned until they can be drawn.

Input.      Spans say that goroutine G ran on M with P on a CPU core, from then till then. An M runs one
            goroutine at a time, so the spans of one M do not overlap. Those of one core may: the system
            tells the core of a thread only now and then, and shares one core among several Ms.
Lanes.      One per core, whose bars are Ms, and one per M, whose bars are goroutines. Under each lane
            of an M lies a second row of bars: the cores that it was on.
Thinning.   A run of a second may have a million spans, a picture a thousand pixels. Spans that begin
            within one grain of time after a bar's beginning are put into that bar, which is then as
            long as they were together: what a merged bar covers is what its spans cover, so that idle
            time stays visible as the same share of white. Spans of one colour that follow each other
            almost without a gap are one bar of any length. A lane has at most one bar per grain.
Sums.       Counts and busy times are taken from the spans, before any thinning.
Sources.    Bars side by side where they overlap: the column layout of calendars. One bar per pixel:
            google/perfetto, src/trace_processor/perfetto_sql/intrinsics/operators/slice_mipmap_operator.cc.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, NamedTuple

from cluster.wire.messages import Span

DENSE: Final = 0.99  # what runs for this share of a bar's length is drawn as if it never stopped
ROWS_MAX: Final = 4  # bars above each other in the lane of a core; more could not be told apart


class Bar(NamedTuple):
    """Something ran, from then till then, in nanoseconds from the same origin as the spans'."""

    key: int  # who: an M in the lane of a core, a goroutine in the lane of an M, a core in the row below
    start_ns: int
    end_ns: int
    spans: int  # how many are merged in this bar
    name: str  # of the goroutine that ran longest in it


class Placed(NamedTuple):
    """A bar and where it lies in its lane: in row `row` of `rows` of equal height."""

    bar: Bar
    row: int
    rows: int


@dataclass(frozen=True, slots=True)
class Lane:
    """One core or one M. `bars` and `below` are thinned; the sums are exact."""

    id: int  # number of the core or of the M
    bars: tuple[Placed, ...]  # by beginning
    below: tuple[Bar, ...]  # of an M: the cores it was on; of a core: nothing
    spans: int
    busy_ns: int  # sum of the spans' lengths
    covered_ns: int  # length of their union: less than the sum where spans overlap


def core_lanes(spans: Sequence[Span], grain_ns: int) -> list[Lane]:
    """A lane per CPU core that was used, in order; core -1 (unknown) comes first. O(n log n)."""
    lanes = []
    for core, of_core in sorted(_grouped(spans, "core").items()):
        bars = [bar for m in _grouped(of_core, "m").values() for bar in merge(m, "m", grain_ns)]
        lanes.append(_lane(core, of_core, place(sorted(bars, key=attrgetter("start_ns")), grain_ns), ()))
    return lanes


def m_lanes(spans: Sequence[Span], grain_ns: int) -> list[Lane]:
    """A lane per M that ran anything, in order. O(n log n)."""
    lanes = []
    for m, of_m in sorted(_grouped(spans, "m").items()):
        bars = [Placed(bar, 0, 1) for bar in merge(of_m, "goid", grain_ns)]
        lanes.append(_lane(m, of_m, bars, tuple(_filled(merge(of_m, "core", grain_ns)))))
    return lanes


def merge(spans: Iterable[Span], key: str, grain_ns: int) -> Iterator[Bar]:
    """Bars of the spans, which are sorted and do not overlap: at most one per grain of time.

    The field `key` of its spans is a bar's key; where several share a bar it is the one that ran longest.
    """
    key_of = attrgetter(key)
    bar: _Growing | None = None
    for span in spans:
        whose = key_of(span)
        if bar is None:
            bar = _Growing(span, whose)
        elif span.start_ns - bar.start_ns < grain_ns or bar.goes_on_with(span, whose):
            bar.take(span, whose)
        else:
            yield bar.bar()
            bar = _Growing(span, whose)
    if bar is not None:
        yield bar.bar()


class _Growing:
    """A bar while spans are put into it."""

    __slots__ = ("_busy_ns", "_names", "_ran_ns", "_spans", "_until_ns", "start_ns")

    def __init__(self, span: Span, key: int) -> None:
        self.start_ns: Final = span.start_ns
        self._until_ns = span.start_ns
        self._busy_ns = self._spans = 0
        self._ran_ns: dict[int, int] = {}
        self._names: dict[int, str] = {}
        self.take(span, key)

    def take(self, span: Span, key: int) -> None:
        length = max(span.end_ns - span.start_ns, 0)
        self._until_ns = max(self._until_ns, span.end_ns)
        self._busy_ns += length
        self._spans += 1
        self._ran_ns[key] = self._ran_ns.get(key, 0) + length
        self._names.setdefault(key, span.name)

    def goes_on_with(self, span: Span, key: int) -> bool:
        """Whether the span is the same one's again, after gaps that are too short to be seen."""
        if len(self._ran_ns) > 1 or key not in self._ran_ns:
            return False
        busy = self._busy_ns + max(span.end_ns - span.start_ns, 0)
        return busy >= DENSE * (span.end_ns - self.start_ns)

    def bar(self) -> Bar:
        key = max(self._ran_ns, key=self._ran_ns.__getitem__)
        dense = self._busy_ns >= DENSE * (self._until_ns - self.start_ns)
        end = self._until_ns if dense else self.start_ns + self._busy_ns
        return Bar(key, self.start_ns, end, self._spans, self._names[key])


def place(bars: Sequence[Bar], grain_ns: int) -> list[Placed]:
    """Put bars that overlap by a grain or more into rows above each other. `bars` are sorted by beginning.

    Only the bars of one cluster of overlaps share the height; everybody else keeps all of it.
    """
    placed: list[Placed] = []
    cluster: list[tuple[Bar, int]] = []
    ends: list[int] = []  # of the last bar in each row of the cluster
    for bar in bars:
        if ends and bar.start_ns > max(ends) - grain_ns:
            placed += [Placed(old, row, len(ends)) for old, row in cluster]
            cluster, ends = [], []
        free = [row for row, end in enumerate(ends) if bar.start_ns > end - grain_ns]
        if free:
            row = free[0]
            ends[row] = bar.end_ns
        elif len(ends) < ROWS_MAX:
            row = len(ends)
            ends.append(bar.end_ns)
        else:  # one is drawn over another: too many to be seen anyway
            row = ends.index(min(ends))
            ends[row] = max(ends[row], bar.end_ns)
        cluster.append((bar, row))
    return placed + [Placed(old, row, len(ends)) for old, row in cluster]


def _grouped(spans: Iterable[Span], field: str) -> dict[int, list[Span]]:
    """The spans by one of their fields, by beginning; where several begin at once, the shortest first."""
    groups: dict[int, list[Span]] = {}
    of = attrgetter(field)
    for span in sorted(spans, key=attrgetter("start_ns", "end_ns")):
        groups.setdefault(of(span), []).append(span)
    return groups


def _lane(lane: int, spans: Sequence[Span], bars: Sequence[Placed], below: tuple[Bar, ...]) -> Lane:
    busy = covered = 0
    until = spans[0].start_ns
    for span in spans:
        busy += max(span.end_ns - span.start_ns, 0)
        covered += max(span.end_ns - max(span.start_ns, until), 0)
        until = max(until, span.end_ns)
    return Lane(lane, tuple(bars), below, len(spans), busy, covered)


def _filled(bars: Iterable[Bar]) -> Iterator[Bar]:
    """The bars without gaps between them: an M that is idle is where it was last."""
    last: Bar | None = None
    for bar in bars:
        if last is not None and last.key == bar.key:
            last = last._replace(end_ns=bar.end_ns, spans=last.spans + bar.spans)
            continue
        if last is not None:
            yield last._replace(end_ns=bar.start_ns)
        last = bar
    if last is not None:
        yield last
