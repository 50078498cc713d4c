"""The timer heap of one M: goroutines that sleep, and functions to be called at an instant.

Owner.      The kernel; a P's timers stay on the M that set them, which keeps running its goroutines.
Invariants. A sleeper is in the heap exactly once until it fires. An entry of a RuntimeTimer is live
            while the timer has its serial; one that was stopped or set anew leaves its old entry
            behind, and counts no more from that moment on. At most a quarter of the heap is such. What
            belongs to dropped programs is skipped.
Order.      By deadline; equal deadlines in the order of their making (Go promises none).
            Timers due at once are fired in deadline order, and each goroutine takes over runnext, so of
            four that sleep until the same look at the clock the last one runs first: 4 1 2 3.
Periods.    A periodic timer is due next at the first multiple of its period that lies ahead; what was
            missed is lost.
Functions.  They are called by the scheduler, between goroutines, and must not wait.
Unlike Go.  No ten statuses: only the M itself touches its timers.
Sources.    Go 1.19 runtime/time.go: addtimer, deltimer, modtimer, checkTimers, runtimer, runOneTimer,
            clearDeletedTimers, timeSleep, goroutineReady.
"""

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Final

from cluster.kernel.g import G, Program
from cluster.model.clock import Instant

STALE_SHARE: Final = 4  # Go's clearDeletedTimers: when more than a quarter of the heap is deleted


class RuntimeTimer:
    """Calls `f` when it is due, again after each `period` if that is not 0."""

    __slots__ = ("program", "f", "period", "serial")

    def __init__(self, program: Program, f: Callable[[], object], period: int = 0) -> None:
        self.program: Final = program
        self.f: Final = f
        self.period = period
        self.serial = 0  # of its live entry; 0 when it is not pending


class Timers:
    """A heap of (deadline, serial, goroutine or timer)."""

    __slots__ = ("heap", "_serial", "_stale")

    def __init__(self) -> None:
        self.heap: list[tuple[Instant, int, G | RuntimeTimer]] = []
        self._serial = count(1)
        self._stale = 0  # entries of timers that were stopped or set anew

    def __len__(self) -> int:
        return len(self.heap) - self._stale

    def add(self, when: Instant, g: G) -> None:
        """Ready `g` at `when`. O(log n)."""
        heappush(self.heap, (when, next(self._serial), g))

    def remove(self, g: G) -> bool:
        """`g` does not sleep any more; False when it does not sleep here. O(n): for who is cancelled."""
        kept = [entry for entry in self.heap if entry[2] is not g]
        found = len(kept) < len(self.heap)
        if found:
            self.heap[:] = kept
            heapify(self.heap)
        return found

    def start(self, t: RuntimeTimer, when: Instant) -> bool:
        """Let `t` fire at `when`, and not at the time it was set for; whether it was pending. O(log n) amortised."""
        pending = self.stop(t)
        t.serial = next(self._serial)
        heappush(self.heap, (when, t.serial, t))
        return pending

    def stop(self, t: RuntimeTimer) -> bool:
        """Let `t` not fire; whether it was pending. O(1) amortised."""
        if not t.serial:
            return False
        t.serial = 0
        self._stale += 1
        if self._stale * STALE_SHARE > len(self.heap):
            self.heap[:] = [entry for entry in self.heap if _live(entry)]
            heapify(self.heap)
            self._stale = 0
        return True

    def next(self) -> Instant | None:
        """The earliest deadline, or None."""
        heap = self.heap
        while heap and (heap[0][2].program.dropped or not _live(heap[0])):
            if not _live(heappop(heap)):
                self._stale -= 1
        return heap[0][0] if heap else None

    def fire(self, now: Instant, ready: Callable[[G], None]) -> int:
        """Ready and call all that is due at `now`, in deadline order; how many."""
        heap, fired = self.heap, 0
        while heap and heap[0][0] <= now:
            entry = heappop(heap)
            when, _, target = entry
            if not _live(entry):
                self._stale -= 1
                continue
            if target.program.dropped:
                continue
            fired += 1
            if isinstance(target, G):
                target.val = None
                ready(target)
                continue
            target.serial = 0
            if target.period:
                self.start(target, Instant(when + target.period * (1 + (now - when) // target.period)))
            target.f()
        return fired

    def count_for(self, program: object) -> int:
        """How many pending timers a program has. O(n); for diagnostics and the deadlock check."""
        return sum(1 for entry in self.heap if entry[2].program is program and _live(entry))


def _live(entry: tuple[Instant, int, G | RuntimeTimer]) -> bool:
    _, serial, target = entry
    return isinstance(target, G) or target.serial == serial
