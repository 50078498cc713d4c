"""Goroutines that leave this M.

Give.       Somebody is hungry: half of what is queued here leaves, as far as it can move; see stealing.py.
            Also beside a goroutine that keeps the main thread: then the sysmon thread does it.
Hand-off.   A P that another M wants leaves with the goroutines that can move, as Go's queue is the P's.
Worth it.   A started goroutine takes some 20 us to leave and to arrive, and each operation on an object that
            stays behind 200 us: so it moves only while slices here are longer than that, on average; and its own,
            if they are known (pace.py): who computes leaves, and who only passes on what others have computed
            stays with the channels. Or one slice lasts for STUCK_NS. Go's memory is shared: there a move costs
            no more than a cache miss.
Tells.      One whose Tell has not taken effect stays: a panic that it causes must find it.
Price.      What is packed in vain is packed again when it has run, and user code may take its time over it; and
            an unstarted goroutine that runs for 10 us is run here sooner than it is packed. So the time that packing
            took is compared with that for which what left will run, if its slices are as long as others here. If it
            did not pay, there is a rest of REST times as long; else of as long, for who computes here. One delay makes
            neither the price nor the rest: it may be that this thread waited for a core.
Chunks.     Unstarted ones leave CHUNK at a time, up to GIVEN_MAX for one hunger: the thief runs the first while the
            next are packed. All at once, as the first version did, half of 8000 were packed for 40 ms, while the
            thief waited.
Threads.    `give` may run beside the main thread, under the shell's lock; all else is the main thread's.
Unlike Go.  An M that chats keeps its started goroutines, however long its queue is, and one whose goroutines are
            short all of them, but for a share of its time.
Sources.    Go 1.19 runtime/proc.go: runqsteal, handoffp, injectglist.
"""

from collections.abc import Callable, Collection, Mapping
from random import Random
from typing import Final

from cluster.kernel.g import G
from cluster.kernel.sched import Sched
from cluster.kernel.stealing import Stays, Stolen, movable, nobody, steal, take
from cluster.model.clock import MICROSECOND, MILLISECOND, Instant, after
from cluster.model.ids import NO_M, MId, ProgramId
from cluster.model.limits import MOVES_MAX
from cluster.wire import frame
from cluster.wire import messages as w
from worker.core import records
from worker.core.pace import STUCK_NS, Pace
from worker.core.programs import Hosted

RESTLESS: Final = 0.5  # of the turns in a test
MOODY: Final = 0.05
SLICES_MAX: Final = 8  # of a turn
STOLEN_MAX: Final = 16  # at once: with a full ring moving would be all that an M does
REST: Final = 20  # times as long as packing took, when that did not pay
LOOK_NS: Final = 100 * MICROSECOND  # a look through all queues that finds nothing to pack, at most
FIRST_NS: Final = 1 * MILLISECOND  # what packing takes, as long as nobody knows
PAYS: Final = 2  # a goroutine that moves costs 10 us to pack, and here as much again; its new M has time for the rest
CHUNK: Final = 64  # unstarted goroutines that are packed at once: in a millisecond
GIVEN_MAX: Final = 8 * CHUNK  # to whoever was hungry


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
        self._price_ns = 0  # of packing one, the last time
        self._took_ns = FIRST_NS  # packing all that left then
        self._owed = 0  # unstarted ones that are still to leave since somebody was hungry

    @property
    def owing(self) -> bool:
        """Whether more is to leave, hungry or not."""
        return self._owed > 0

    def give(self, under_way_ns: int, beside: bool) -> tuple[w.Record, ...]:
        """Somebody is hungry: half of what is queued here, as far as it can move; () when that is all we have to do."""
        return self._give(GIVEN_MAX, beside, under_way_ns)

    def give_rest(self, beside: bool) -> tuple[w.Record, ...]:
        """More of what was to leave when somebody was hungry."""
        return self._give(self._owed, beside, None)

    def _give(self, unstarted: int, beside: bool, under_way_ns: int | None) -> tuple[w.Record, ...]:
        sched, began = self._sched, self._sched.clock.now()
        if (sched.runnable() <= 1 and sched.cur is None) or (began < self._resting_until and self._chaos is None):
            return ()
        started, stays = (
            (0, nobody) if under_way_ns is None else (self._started(under_way_ns), self._stays(under_way_ns))
        )
        unstarted = min(unstarted, (sched.runnable() + 1) // 2)
        stolen = steal(sched, started, min(unstarted, CHUNK), beside, stays)
        leaving = self._packed(stolen)
        now = sched.clock.now()
        took_ns = now - began
        pays = self._pays(len(leaving), took_ns)
        self._owed = unstarted - len(leaving) if pays and len(leaving) >= CHUNK else 0
        self._resting_until = after(now, min(took_ns, self._took_ns if stolen else LOOK_NS) * (1 if pays else REST))
        if stolen:
            self._took_ns = took_ns
        return leaving

    def _pays(self, leaving: int, took_ns: int) -> bool:
        """Whether a goroutine runs for longer than it took to pack it, with all else that its move costs.

        It took what it took now or the time before, whichever is less: once, this M may have waited for a core.
        """
        if not leaving:
            return False
        before_ns, self._price_ns = self._price_ns, took_ns // leaving
        price_ns, average_ns = min(self._price_ns, before_ns or self._price_ns), self.pace.average_ns
        return average_ns is None or average_ns >= PAYS * price_ns

    def hand_off(self) -> tuple[w.Record, ...]:
        """What goes with a P that another M wants: of what can move as much as may leave at once, oldest first."""
        started, stays = self._started(0), self._stays(0)
        queued = [(g, queue) for queue in (self._sched.ring, self._sched.globrunq) for g in queue]
        able = [(g, queue) for g, queue in queued if movable(g, True, stays)]
        leaving = [take(g, queue, stays) for g, queue in able[:started]]
        return self._packed([stolen for stolen in leaving if stolen is not None])

    def leave_all(self) -> tuple[w.Record, ...]:
        """This M can run nothing for a while: all that can move, runnext first, as Go's queue goes with its P."""
        sched, stays = self._sched, self._stays(STUCK_NS)
        head, sched.runnext = sched.runnext, None
        if head is not None:
            sched.ring.appendleft(head)
        queued = [(g, queue) for queue in (sched.ring, sched.globrunq) for g in list(queue)]
        leaving = [take(g, queue, stays) for g, queue in queued if movable(g, frame.available, stays)]
        return self._packed([stolen for stolen in leaving if stolen is not None])

    def _started(self, under_way_ns: int) -> int:
        """How many started goroutines may leave now."""
        if not frame.available:
            return 0
        if self._chaos is not None:
            return self._chaos.randint(1, STOLEN_MAX)
        return MOVES_MAX if self.pace.slow(under_way_ns) else 0

    def _stays(self, under_way_ns: int) -> Stays:
        """Which goroutines that have run do not leave now."""
        telling, chats = self._telling(), self.pace.chats
        if under_way_ns >= STUCK_NS or self._chaos is not None:
            return lambda g: (g.program.id, g.goid) in telling
        return lambda g: (g.program.id, g.goid) in telling or chats(g)

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
                self.pace.forget(g)
                packed.append(record)
        for one in reversed(staying):
            one.give_back()
        return tuple(packed)
