"""The program of crossing.py: goroutines that go to and fro between two Ms, and print when.

Argument: for how many milliseconds. There is one goroutine more than there are Ms. Each computes
for some slices, then rests; when the only one of an M rests, that M is hungry, and takes the one that
waits for its turn on the other. Each line is a crossing: when it was packed there, when it was
unpacked here, and its first instruction here.
"""

import os
import sys
from time import monotonic_ns

from cluster import WaitGroup, go, gosched, sleep

SLICES = (7, 11, 13)  # before a rest, of each goroutine: they meet in ever other ways
SLICE_NS = 500_000  # more than MOVE_SLICE_NS, or nothing would move
REST_S = 0.003


class Stamp:
    """A value of a goroutine that notes when the goroutine leaves and arrives: pickle asks it, and makes it."""

    def __init__(self, left: int = 0, pid: int = 0) -> None:
        self.left_ns, self.pid = left, pid
        self.came_ns = monotonic_ns()

    def __reduce__(self) -> tuple[type["Stamp"], tuple[int, int]]:
        return Stamp, (monotonic_ns(), os.getpid())


def arrived(stamp: Stamp) -> Stamp:
    """Called first when a goroutine runs again: prints if it runs elsewhere. A stamp for the next time."""
    now = monotonic_ns()
    if stamp.pid in (0, os.getpid()):
        return stamp
    print(stamp.left_ns, stamp.came_ns, now)
    return Stamp()


async def travels(stamp: Stamp | None, slices: int, until_ns: int, all_done: WaitGroup) -> None:
    """One goroutine. The stamp is its first variable, so that it is asked first."""
    stamp = Stamp()
    while monotonic_ns() < until_ns:
        for _ in range(slices):
            end_ns = monotonic_ns() + SLICE_NS
            while monotonic_ns() < end_ns:
                pass
            await gosched()
            stamp = arrived(stamp)
        await sleep(REST_S)
        stamp = arrived(stamp)
    all_done.done()


async def main() -> None:
    """The program."""
    until_ns = monotonic_ns() + int(sys.argv[1]) * 1_000_000
    all_done = WaitGroup()
    for slices in SLICES:
        all_done.add(1)
        go(travels, None, slices, until_ns, all_done)
    await all_done.wait()
