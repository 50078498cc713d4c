"""Spans and steps as a file for Chrome's `about:tracing` and for Perfetto: `cluster run --trace OUT.json`.

Three groups of tracks: what each M ran, which M was on each core, and which M held each P. A goroutine's
creation is tied to its first slice by an arrow, so that one that was stolen is seen to cross Ms.
Steps are instants on the track of their M. Times are microseconds since the first event.

Source. Google, "Trace Event Format": complete (X), instant (i), flow (s, f) and metadata (M) events.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Final, TextIO

from cluster.wire.messages import Span, Step

# The format knows processes and threads: a group of tracks is a "process", a track a "thread".
MS: Final = 1
CORES: Final = 2
PS: Final = 3
GROUPS: Final = {MS: "Ms: goroutines", CORES: "CPU cores: Ms", PS: "Ps: Ms that hold them"}
TRACK_NAMES: Final = {MS: "M{}", CORES: "core {}", PS: "P{}"}

JOIN_NS: Final = 50_000  # an M that is back on a core after less than this never left it, as far as a picture shows

Event = dict[str, object]


def write(spans: Sequence[Span], steps: Sequence[Step], out: TextIO) -> None:
    """Write a trace, one event a line. OSError as `out` raises it."""
    out.write('{"displayTimeUnit":"ms","traceEvents":[\n')
    separator = ""
    for event in events(spans, steps):
        out.write(separator + json.dumps(event, separators=(",", ":")))
        separator = ",\n"
    out.write("\n]}\n")


def events(spans: Sequence[Span], steps: Sequence[Step]) -> Iterator[Event]:
    """The trace's events: names of tracks, then slices, then steps, then arrows."""
    spans = sorted(spans, key=lambda span: span.start_ns)
    steps = sorted(steps, key=lambda step: step.at_ns)
    origin_ns = min([span.start_ns for span in spans[:1]] + [step.at_ns for step in steps[:1]], default=0)
    yield from _tracks(spans, steps)
    for span in spans:
        args = {"goid": span.goid, "m": span.m, "p": span.p, "core": span.core}
        start_ns, end_ns = span.start_ns - origin_ns, span.end_ns - origin_ns
        yield _slice(f"G{span.goid} {span.name}", MS, span.m, start_ns, end_ns, args)
    yield from _stays(spans, CORES, "core", origin_ns)
    yield from _stays(spans, PS, "p", origin_ns)
    for step in steps:
        yield _instant(step, origin_ns)
    yield from _arrows(spans, steps, origin_ns)


def _tracks(spans: Iterable[Span], steps: Iterable[Step]) -> Iterator[Event]:
    used: dict[tuple[int, int], None] = {}
    for span in spans:
        used |= dict.fromkeys(((MS, span.m), (CORES, span.core), (PS, span.p)))
    used |= dict.fromkeys((MS, step.m) for step in steps)
    for group, name in GROUPS.items():
        yield {"ph": "M", "name": "process_name", "pid": group, "args": {"name": name}}
        yield {"ph": "M", "name": "process_sort_index", "pid": group, "args": {"sort_index": group}}
    for group, track in sorted(used):
        name = TRACK_NAMES[group].format(track if track >= 0 else "?")
        name = "coordinator" if (group, track) == (MS, -1) else name
        yield {"ph": "M", "name": "thread_name", "pid": group, "tid": track, "args": {"name": name}}
        yield {"ph": "M", "name": "thread_sort_index", "pid": group, "tid": track, "args": {"sort_index": track}}


def _slice(name: str, group: int, track: int, start_ns: int, end_ns: int, args: dict[str, int]) -> Event:
    at, dur = _us(start_ns), _us(max(end_ns - start_ns, 0))
    return {"ph": "X", "name": name, "cat": "run", "pid": group, "tid": track, "ts": at, "dur": dur, "args": args}


def _stays(spans: Iterable[Span], group: int, field: str, origin_ns: int) -> Iterator[Event]:
    """Which M was on a core, or held a P: its spans there, joined where the gap is short.

    Slices of one track must not overlap, but Ms that share a core do: the later one begins where the earlier ends.
    """
    track_of = attrgetter(field)
    last: dict[int, tuple[int, int, int]] = {}  # by track: M, start, end
    for span in spans:
        track = track_of(span)
        m, start_ns, end_ns = last.get(track, (span.m, span.start_ns, span.start_ns))
        if m != span.m or span.start_ns - end_ns > JOIN_NS:
            yield _slice(f"M{m}", group, track, start_ns - origin_ns, end_ns - origin_ns, {"m": m})
            m, start_ns = span.m, max(span.start_ns, end_ns)
        last[track] = m, start_ns, max(end_ns, span.end_ns)
    for track, (m, start_ns, end_ns) in last.items():
        yield _slice(f"M{m}", group, track, start_ns - origin_ns, end_ns - origin_ns, {"m": m})


def _instant(step: Step, origin_ns: int) -> Event:
    ids = {"m": step.m, "p": step.p, "goid": step.goid}
    args: dict[str, object] = {name: number for name, number in ids.items() if number >= 0} | {"detail": step.detail}
    at = _us(step.at_ns - origin_ns)
    return {
        "ph": "i", "s": "t", "name": step.kind, "cat": "step", "pid": MS, "tid": step.m, "ts": at, "args": args,
    }  # fmt: skip


def _arrows(spans: Iterable[Span], steps: Iterable[Step], origin_ns: int) -> Iterator[Event]:
    """From each GoCreate to the first slice of its goroutine."""
    first: dict[int, Span] = {}
    for span in spans:
        first.setdefault(span.goid, span)
    for step in steps:
        run = first.get(step.goid)
        if step.kind == "GoCreate" and run is not None and step.at_ns <= run.start_ns:
            arrow: Event = {"name": "go", "cat": "go", "id": step.goid, "pid": MS}
            yield arrow | {"ph": "s", "tid": step.m, "ts": _us(step.at_ns - origin_ns)}
            yield arrow | {"ph": "f", "bp": "e", "tid": run.m, "ts": _us(run.start_ns - origin_ns)}


def _us(ns: int) -> float:
    return ns / 1000
