"""The work of scaling.py: units of equal size, as goroutines, and the same units as a plain loop.

Argument of the program: one JSON object, a Job with the processes whose time is wanted. It prints one, too: when the
work began and ended, and what the threads of these processes used meanwhile. A new kind of work is a function
that does one unit, one that has goroutines do them all, and a line in KINDS.

cpu       a goroutine for each unit of 4 ms of arithmetic; they share nothing
channels  sixteen goroutines take units of 1 ms from one channel, and send what comes out to another
short     a goroutine for each unit of 50 us: what a goroutine costs shows
memory    a goroutine for each copy of a block that no core's own cache holds
blocking  a goroutine for each unit, which calls time.sleep for 20 ms, undeclared, and computes for 5 ms
"""

import json
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from time import monotonic_ns
from typing import Final, NamedTuple

from cluster import Chan, WaitGroup, go
from cluster.bench.threads import busy_by_core, describe, read
from cluster.bench.uneven import compute

WORKERS: Final = 16  # of `channels`: more than Ps, so that one computes while another waits for an answer
BLOCK_BYTES: Final = 16 << 20  # of `memory`: from one such block to another, eight times the 2 MiB cache of a big core
SLEEP_S: Final = 0.020  # of `blocking`: two periods of sysmon, so that the P is handed off
AHEAD: Final = 2 * WORKERS  # units that wait in a channel


class Job(NamedTuple):
    """So many units of a kind, each of so many turns of arithmetic, or of copying."""

    kind: str
    units: int
    loops: int


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of work. `unit_ms` is how long one unit takes, about; `idle_ms` of it need no core."""

    says: str
    unit_ms: float
    unit: Callable[[int], int]
    spread: Callable[[Job], Coroutine[object, object, int]]
    idle_ms: float = 0.0


_blocks: list[tuple[bytearray, bytearray]] = []  # of this process; a pair at once, since a goroutine may be preempted


def copy(times: int) -> int:
    """Copy a block so often. The two blocks are made once in each process."""
    if not _blocks:
        _blocks.append((bytearray(b"x" * BLOCK_BYTES), bytearray(b"y" * BLOCK_BYTES)))
    source, target = _blocks[0]
    for _ in range(times):
        target[:] = source
    return len(target)


def forget_blocks() -> None:
    """Give the memory back."""
    _blocks.clear()


def sleep_and_compute(loops: int) -> int:
    """A call that blocks, of which nobody is told, and arithmetic."""
    time.sleep(SLEEP_S)
    return compute(loops)


async def each_its_goroutine(job: Job) -> int:
    """A goroutine for each unit; how many there were."""
    wg, unit = WaitGroup(), KINDS[job.kind].unit
    for _ in range(job.units):
        wg.go(unit, job.loops)
    await wg.wait()
    return job.units


async def works(jobs: Chan[int], results: Chan[int]) -> None:
    """Units from one channel, results to another."""
    async for loops in jobs:
        await results.send(compute(loops))


async def feeds(jobs: Chan[int], job: Job) -> None:
    """All units."""
    for _ in range(job.units):
        await jobs.send(job.loops)
    jobs.close()


async def over_channels(job: Job) -> int:
    """A few goroutines for all units."""
    jobs, results = Chan[int](AHEAD), Chan[int](AHEAD)
    for _ in range(WORKERS):
        go(works, jobs, results)
    go(feeds, jobs, job)
    for _ in range(job.units):
        await results.recv()
    return WORKERS + 1


KINDS: Final[Mapping[str, Kind]] = {
    "cpu": Kind("pure arithmetic", 4.0, compute, each_its_goroutine),
    "channels": Kind("arithmetic, jobs and results over channels", 1.0, compute, over_channels),
    "short": Kind("many short goroutines", 0.05, compute, each_its_goroutine),
    "memory": Kind("copies of blocks larger than a core's cache", 4.0, copy, each_its_goroutine),
    "blocking": Kind("calls that block, and some arithmetic", 25.0, sleep_and_compute, each_its_goroutine, 20.0),
}


def plain(kind: str, units: int, loops: int) -> int:
    """The units one after the other, and nothing else."""
    unit, done = KINDS[kind].unit, 0
    for _ in range(units):
        unit(loops)
        done += 1
    return done


async def main() -> None:
    """The program."""
    told = json.loads(sys.argv[1])
    job, nursery, others = Job(*told["job"]), told["nursery"], told["others"]
    cores, before, begin_ns = busy_by_core(), read(nursery, others), monotonic_ns()
    goroutines = await KINDS[job.kind].spread(job)
    end_ns = monotonic_ns()
    used = read(nursery, others).since(before)
    busy = [after - before for before, after in zip(cores, busy_by_core(), strict=True)]
    told = {"begin_ns": begin_ns, "end_ns": end_ns, "used": describe(used), "busy_ns": busy}
    print(json.dumps({**told, "goroutines": goroutines + 1}))
