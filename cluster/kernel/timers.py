"""The timer heap of one M, and `sleep`.

Owner.      The kernel; a P's timers stay on the M that set them, which keeps running its goroutines.
Invariants. A timer is in the heap exactly once until it fires; those of dropped programs are skipped.
Order.      By deadline; equal deadlines in the order of their making (Go promises none).
            Timers due at once are fired in deadline order, and each takes over runnext, so of four
            goroutines that sleep until the same look at the clock the last one runs first: 4 1 2 3.
Unlike Go.  Go looks at the clock before every switch. Here the clock is read once per budget, about
            every 100 us, because reading it costs a quarter of a switch.
Sources.    Go 1.19 runtime/time.go: checkTimers, runtimer, timeSleep, goroutineReady.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from cluster.kernel.g import G
from cluster.model.clock import Instant


class Timers:
    """A heap of (deadline, serial, goroutine)."""

    __slots__ = ("_heap", "_serial")

    def __init__(self) -> None:
        self._heap: list[tuple[Instant, int, G]] = []
        self._serial = count()

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, when: Instant, g: G) -> None:
        """Ready `g` at `when`. O(log n)."""
        heappush(self._heap, (when, next(self._serial), g))

    def next(self) -> Instant | None:
        """The earliest deadline, or None."""
        heap = self._heap
        while heap and heap[0][2].program.dropped:
            heappop(heap)
        return heap[0][0] if heap else None

    def fire(self, now: Instant, ready: Callable[[G], None]) -> int:
        """Ready all that is due at `now`, in deadline order; how many."""
        heap, fired = self._heap, 0
        while heap and heap[0][0] <= now:
            g = heappop(heap)[2]
            if not g.program.dropped:
                g.val = None
                ready(g)
                fired += 1
        return fired

    def count_for(self, program: object) -> int:
        """How many pending timers a program has. O(n); for diagnostics and the deadlock check."""
        return sum(1 for _, _, g in self._heap if g.program is program)
