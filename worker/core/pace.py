"""How long slices are here: of this M on average, and of single goroutines.

Average.    Over the last PACE_NS of running.
Each.       A turn of the machine has as many dispatches as fit in IO_PERIOD_NS. After a long slice that is one, so
            whoever comes next is measured alone, and costs no look at the clock that is not made anyway. Known is
            the mean of what was measured, the last slice being half of it: a goroutine that computes for a
            millisecond and then asks for more has both a long slice and a short one each time.
Bound.      KNOWN_MAX goroutines; then all are forgotten, and the M's average stands for them until they are
            measured again. Goroutines that end are forgotten so, too.
Rejected.   A look at the clock at each switch: 50 ns, a quarter of it. A field of G: eight bytes of each, and a
            store in each spawn.
"""

from typing import Final

from cluster.kernel.g import G
from cluster.model.clock import MILLISECOND
from cluster.model.ids import ProgramId
from cluster.model.limits import MOVE_SLICE_NS, SYSMON_PERIOD_NS

STUCK_NS: Final = 2 * SYSMON_PERIOD_NS  # of one slice: a hog has been preempted before, so it blocks, or refuses
PACE_NS: Final = 20 * MILLISECOND  # of running, over which slices are averaged: two slices of Go's
KNOWN_MAX: Final = 1024


class Pace:
    """The slices of one M."""

    def __init__(self) -> None:
        self._busy_ns = 0
        self._slices = 0
        self._means_ns: dict[tuple[ProgramId, int], int] = {}

    def ran(self, elapsed_ns: int, slices: int, alone: G | None = None) -> None:
        """So many slices took so long; or one did, of `alone`."""
        self._busy_ns += elapsed_ns
        self._slices += slices
        if self._busy_ns > PACE_NS:
            self._busy_ns, self._slices = self._busy_ns // 2, max(1, self._slices // 2)
        if alone is not None and alone.goid in alone.program.gs:
            name = (alone.program.id, alone.goid)
            mean_ns = self._means_ns.get(name)
            if mean_ns is None and len(self._means_ns) >= KNOWN_MAX:
                self._means_ns.clear()
            self._means_ns[name] = elapsed_ns if mean_ns is None else (mean_ns + elapsed_ns) // 2

    @property
    def average_ns(self) -> int | None:
        """Of a slice; None while nobody knows."""
        return self._busy_ns // self._slices if self._slices else None

    def slow(self, under_way_ns: int) -> bool:
        """Whether slices are so long that moves pay. `under_way_ns`: the one that has not ended."""
        if under_way_ns >= STUCK_NS:
            return True
        slices = self._slices + (under_way_ns > 0)
        return slices > 0 and self._busy_ns + under_way_ns >= MOVE_SLICE_NS * slices

    def chats(self, g: G) -> bool:
        """Whether the slices of `g` are known to be too short for a move to pay."""
        mean_ns = self._means_ns.get((g.program.id, g.goid))
        return mean_ns is not None and mean_ns < MOVE_SLICE_NS

    def forget(self, g: G) -> None:
        """It has left."""
        self._means_ns.pop((g.program.id, g.goid), None)
