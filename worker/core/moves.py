"""Goroutines that leave this M.

Give.       Somebody is hungry: half of what is queued here leaves, as far as it can move; see stealing.py.
            Also beside a goroutine that keeps the main thread: then the sysmon thread does it.
Hand-off.   A P that another M wants leaves with the goroutines that can move, as Go's queue is the P's.
Worth it.   A started goroutine takes some 20 us to leave and to arrive, and each operation on an object that
            stays behind 200 us: so it moves only while slices here are longer than that, on average over
            the last PACE_NS of running; or one slice lasts for STUCK_NS. Go's memory is shared: there a move
            costs no more than a cache miss.
Tells.      One whose Tell has not taken effect stays: a panic that it causes must find it.
Price.      What is packed in vain is packed again when it has run, and user code may take its time over it. So
            after each attempt there is a rest of REST times as long.
Threads.    `give` may run beside the main thread, under the shell's lock; all else is the main thread's.
Unlike Go.  An M that chats keeps its started goroutines, however long its queue is.
Sources.    Go 1.19 runtime/proc.go: runqsteal, handoffp, injectglist.
"""

from collections.abc import Callable, Collection, Mapping
from random import Random
from typing import Final

from cluster.kernel.g import G
from cluster.kernel.sched import Sched
from cluster.kernel.stealing import Stolen, movable, steal, take
from cluster.model.clock import MILLISECOND, Instant, after
from cluster.model.ids import NO_M, MId, ProgramId
from cluster.model.limits import MOVE_SLICE_NS, MOVES_MAX, SYSMON_PERIOD_NS
from cluster.wire import frame
from cluster.wire import messages as w
from worker.core import records
from worker.core.programs import Hosted

RESTLESS: Final = 0.5  # of the turns in a test
REST: Final = 20
MOODY: Final = 0.05
SLICES_MAX: Final = 8  # of a turn
STOLEN_MAX: Final = 16  # at once: with a full ring moving would be all that an M does
STUCK_NS: Final = 2 * SYSMON_PERIOD_NS  # of one slice: a hog has been preempted before, so it blocks, or refuses
PACE_NS: Final = 20 * MILLISECOND  # of running, over which slices are averaged: two slices of Go's


class Pace:
    """How long the slices of this M are, on average."""

    def __init__(self) -> None:
        self._busy_ns = 0
        self._slices = 0

    def ran(self, elapsed_ns: int, slices: int) -> None:
        """So many slices took so long."""
        self._busy_ns += elapsed_ns
        self._slices += slices
        if self._busy_ns > PACE_NS:
            self._busy_ns, self._slices = self._busy_ns // 2, max(1, self._slices // 2)

    def slow(self, under_way_ns: int) -> bool:
        """Whether a move pays. `under_way_ns`: how long the slice that has not ended is by now."""
        if under_way_ns >= STUCK_NS:
            return True
        slices = self._slices + (under_way_ns > 0)
        return slices > 0 and self._busy_ns + under_way_ns >= MOVE_SLICE_NS * slices


class Moves:
    """The goroutines of this M on their way out."""

    def __init__(
        self,
        programs: Mapping[ProgramId, Hosted],
        sched: Sched,
        note: Callable[[G, str, str], None],
        telling: Callable[[], Collection[tuple[ProgramId, int]]],
        chaos: Random | None,
    ) -> None:
        """`note` traces what happened to a goroutine; `telling` knows whose Tells have not taken effect.

        With `chaos`, for tests, started ones leave by chance.
        """
        self.me: MId = NO_M
        self._note: Final = note
        self._telling: Final = telling
        self._resting_until = Instant(0)
        self._programs: Final = programs
        self._sched: Final = sched
        self._chaos: Final = chaos
        self.pace: Final = Pace()

    def give(self, under_way_ns: int, beside: bool) -> tuple[w.Record, ...]:
        """Half of what is queued here, as far as it can move; () when that is all we have to do."""
        sched, began = self._sched, self._sched.clock.now()
        if (sched.runnable() <= 1 and sched.cur is None) or (began < self._resting_until and self._chaos is None):
            return ()
        leaving = self._packed(steal(sched, self._started(under_way_ns), beside, self._telling()))
        now = sched.clock.now()
        self._resting_until = after(now, REST * (now - began))
        return leaving

    def hand_off(self) -> tuple[w.Record, ...]:
        """What goes with a P that another M wants: of what can move as much as may leave at once, oldest first."""
        started, telling = self._started(0), self._telling()
        queued = [(g, queue) for queue in (self._sched.ring, self._sched.globrunq) for g in queue]
        able = [(g, queue) for g, queue in queued if movable(g, True, telling)]
        leaving = [take(g, queue, telling) for g, queue in able[:started]]
        return self._packed([stolen for stolen in leaving if stolen is not None])

    def leave_all(self) -> tuple[w.Record, ...]:
        """This M can run nothing for a while: all that can move, runnext first, as Go's queue goes with its P."""
        sched, telling = self._sched, self._telling()
        head, sched.runnext = sched.runnext, None
        if head is not None:
            sched.ring.appendleft(head)
        queued = [(g, queue) for queue in (sched.ring, sched.globrunq) for g in list(queue)]
        leaving = [take(g, queue, telling) for g, queue in queued if movable(g, frame.available, telling)]
        return self._packed([stolen for stolen in leaving if stolen is not None])

    def _started(self, under_way_ns: int) -> int:
        """How many started goroutines may leave now."""
        if not frame.available:
            return 0
        if self._chaos is not None:
            return self._chaos.randint(1, STOLEN_MAX)
        return MOVES_MAX if self.pace.slow(under_way_ns) else 0

    @property
    def restless(self) -> bool:
        """Whether, in a test, goroutines leave now though nobody is hungry."""
        return self._chaos is not None and self._chaos.random() < RESTLESS

    def bounded(self, budget: int) -> int:
        """How many slices a turn may have: `budget`, but in a test fewer, so that there are many turns."""
        return budget if self._chaos is None else min(budget, self._chaos.randrange(1, SLICES_MAX))

    @property
    def moody(self) -> bool:
        """Whether, in a test, this M gives its P away now though nobody wants it."""
        return self._chaos is not None and self._chaos.random() < MOODY

    def _packed(self, stolen: list[Stolen]) -> tuple[w.Record, ...]:
        """Records of those that can leave; the others are pinned, and keep their place."""
        packed, staying = [], []
        for one in stolen:
            g = one.g
            hosted = self._programs[g.program.id]
            assert hosted.pickling is not None, "a program whose goroutines run is loaded"
            record = records.pack(hosted, hosted.pickling, self._sched, self.me, g)
            if record is None:
                self._note(g, "GoPin", g.pinned)
                staying.append(one)
            else:
                packed.append(record)
        for one in reversed(staying):
            one.give_back()
        return tuple(packed)
