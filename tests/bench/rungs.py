"""Rungs that were measured, made up: ladders of known costs, for the tests of what is made of them."""

from collections.abc import Iterator
from contextlib import contextmanager

from cluster.bench.sampling import Ladder, Measure, Reading, Rung, Taken, judged


@contextmanager
def unmeasured() -> Iterator[Measure]:
    yield lambda count: Reading(count, count)


def taken(name: str, ns: float, *, baseline: str = "", expected: float | None = None, counted: float = 0.0) -> Taken:
    """Eleven samples of a million operations around that cost."""
    readings = [Reading(1_000_000, int(1e6 * ns * (95 + i) / 100), int(1e6 * counted)) for i in range(11)]
    return Taken(Rung(name, unmeasured, expected, baseline), tuple(judged(reading, expected) for reading in readings))


def ladder(*all_of: Taken, **left_out: str) -> Ladder:
    return Ladder({one.rung.name: one for one in all_of}, left_out)


SMALL = ladder(
    taken("own pipe", 800.0, expected=0.0),
    taken("empty loop", 20.0, expected=0.0),
    taken("function call", 60.0, baseline="empty loop", expected=0.0),
    taken("channel hop in an M", 500.0, baseline="empty loop", expected=0.0),
    taken("OS process by pipe, one core", 2300.0, baseline="own pipe", expected=1.0, counted=1.0),
    taken("OS process by pipe, two cores", 9000.0, baseline="own pipe", expected=1.0, counted=0.7),
    taken("C: own pipe", 400.0, expected=0.0),
    taken("C: OS process by pipe, one core", 1300.0, baseline="C: own pipe", expected=1.0, counted=1.0),
    taken("perf bench sched pipe, one core", 1250.0),
    taken("Go: channel hop in an M", 200.0, baseline="Go: empty loop", expected=0.0),
    taken("hop from M to M, two cores", 60_000.0, baseline="channel hop in an M", counted=4.2),
)
