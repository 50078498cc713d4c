"""Rungs between two Ms: an int from a goroutine to one of another process, and a P's lease from M to M.

Hop         A program (hopping.py) on a cluster as users start it, with 2 Ps and 2 Ms: half a round trip over two
            unbuffered channels. It looks itself that the other goroutine runs in another process.
Handing     An M gives its P back, and one that stands in line is granted it: two hand-made Ms and a real coordinator
            (lease.py). Timed from the word of the one until the grant is heard by the other.
One core    All processes of the cluster, and we, run on it.
Two cores   The Ms are pinned to one each; the coordinator runs where it likes.
Switches    Those of both Ms. Nobody can say how many there should be: an M that waits spins for a while, and then waits
            in the system. They are shown.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter_ns
from typing import Final

from cluster.api.cluster import Cluster
from cluster.bench.lease import Line
from cluster.bench.placement import ANY, Placement, held_on
from cluster.bench.running import pids_of, printed_by
from cluster.bench.sampling import Measure, Reading, Rung, UnavailableError
from cluster.bench.served import reading_of
from cluster.launch.embedded import Embedded
from cluster.model.errors import ProgramError

PROGRAM: Final = Path(__file__).with_name("hopping.py")


def rungs(place: Placement) -> list[Rung]:
    """Both of them."""
    return [
        Rung(f"hop from M to M, {place.name}", partial(hops, place), None, "channel hop in an M"),
        Rung(f"lease handed from M to M, {place.name}", partial(leases, place)),
    ]


@contextmanager
def hops(place: Placement) -> Iterator[Measure]:
    """On a cluster of its own."""
    with held_on(place.first if place.first == place.second else ANY), Cluster(2, 2) as cluster:
        pids = pids_of(cluster, 2)
        for pid, core in zip(pids, (place.first, place.second), strict=False):
            pin_all(pid, core)

        def measure(count: int) -> Reading:
            try:
                lines = printed_by(cluster, PROGRAM, max(2, count))
            except ProgramError as error:
                raise UnavailableError(f"the program that hops failed: {error.text.strip()}") from error
            reading = reading_of(lines[-1])
            assert reading is not None
            return reading

        yield measure


def pin_all(pid: int, core: int) -> None:
    """Every thread of a process."""
    if core != ANY:
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {core})


@contextmanager
def leases(place: Placement) -> Iterator[Measure]:
    """With a coordinator of its own. On two cores it is on the other one."""
    with held_on(place.second):
        embedded = Embedded(procs=1, workers=1)  # the real M has nothing to run, and wants no P
    try:
        yield partial(_handed, embedded.address, place.first)
    finally:
        embedded.close()


def _handed(address: str, core: int, count: int) -> Reading:
    with held_on(core):
        line = Line(address)
        ns = sum(line.handed(perf_counter_ns) for _ in range(count))
        line.leave()
        return Reading(count, ns)
