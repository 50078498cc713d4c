"""Goroutines that come to this M and leave it.

Give.       Somebody is hungry: half of what is queued here leaves, as far as it can move; see stealing.py.
            Also beside a goroutine that keeps the main thread: then the sysmon thread does it.
Hand-off.   A P that another M wants leaves with the goroutines that can move, as Go's queue is the P's.
Worth it.   A started goroutine takes some 20 us to leave and to arrive, and each operation on an object that
            stays behind 200 us: so it moves only while slices here are longer than that, on average over
            the last PACE_NS of running; or one slice lasts for STUCK_NS. Go's memory is shared: there a move
            costs no more than a cache miss.
Arrival.    What came is queued when its program is loaded here, and then said to be ours (Took): until
            then the coordinator keeps it, and gives it to another M should this one die. Nobody is told
            of anything that it has done here before the coordinator knows whose it is.
Refusal.    A started one that cannot be read here goes back to where it came from, with the reason: there its
            original goes on, pinned until it has run.
Tells.      One whose Tell has not taken effect stays: a panic that it causes must find it.
Price.      What is packed in vain is packed again when it has run, and user code may take its time over it. So
            after each attempt there is a rest of REST times as long.
Threads.    `give` may run beside the main thread, under the shell's lock; all else is the main thread's.
            Reading what came runs the program's code, imports included: outside of the lock.
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
from cluster.wire.pickling import Pickling
from cluster.wire.refusal import text_of
from worker.core import records
from worker.core.endings import Failure, unreadable
from worker.core.outbox import COORDINATOR, Outbox
from worker.core.programs import Hosted

RESTLESS: Final = 0.5  # of the turns in a test
REST: Final = 20
MOODY: Final = 0.05
SLICES_MAX: Final = 8  # of a turn
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
    """The goroutines of this M on their way out and in."""

    def __init__(
        self,
        outbox: Outbox,
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
        self._outbox: Final = outbox
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

    def _started(self, under_way_ns: int) -> int:
        """How many started goroutines may leave now."""
        if not frame.available:
            return 0
        return MOVES_MAX if self._chaos is not None or self.pace.slow(under_way_ns) else 0

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

    # -- arrival

    def take(self, came: tuple[w.Record, ...]) -> None:
        """These are for this M; their programs may not be loaded yet."""
        for record in came:
            hosted = self._programs.get(record.program)
            if hosted is not None and not hosted.closed:
                hosted.take(record, self._outbox)

    def take_back(self, record: w.Record) -> None:
        """One that left cannot go where it was sent."""
        hosted = self._programs.get(record.program)
        if hosted is None or hosted.closed:
            return
        if (g := records.come_back(hosted, self._sched, record)) is None:
            hosted.take(record, self._outbox)
            return
        hosted.received += 1
        self._outbox.post_nowait(COORDINATOR, w.Took(hosted.id, (record.goid,)))
        self._note(g, "GoPin", record.refused)

    @property
    def arrived(self) -> bool:
        """Whether `unpack` has something to do."""
        return any(h.inbox and (h.failure or h.pickling is not None) for h in self._programs.values())

    def unpack(self) -> list[tuple[Hosted, Failure]]:
        """Queue the goroutines that came, of programs that are loaded; the programs that are over by that."""
        return [
            (hosted, failure)
            for hosted in list(self._programs.values())
            if hosted.inbox and (failure := self._unpack(hosted)) is not None
        ]

    def _unpack(self, hosted: Hosted) -> Failure | None:
        if hosted.failure:
            return Failure("load", 1, hosted.failure)
        if hosted.pickling is None:
            return None
        taken = []
        failure = None
        while hosted.inbox and failure is None:
            record = hosted.inbox[0]  # and it stays there, so that a survey counts it, until it is somewhere else
            try:
                g = self._unpacked(hosted, hosted.pickling, record)
            except BaseException as error:  # noqa: BLE001  # reading it runs its classes' code: SystemExit is no end
                if record.started and record.giver not in (NO_M, self.me):
                    hosted.sent += 1
                    why = f"M {self.me} cannot take it: {text_of(error)}"
                    self._outbox.post(COORDINATOR, w.Unfit(record._replace(refused=why)))
                    hosted.inbox.popleft()
                    continue
                failure = unreadable(record.goid, error)
            else:
                if record.started:
                    self._note(g, "GoMove", f"from M{record.giver}")
            hosted.inbox.popleft()
            taken.append(record.goid)
        if taken:
            self._outbox.post_nowait(COORDINATOR, w.Took(hosted.id, tuple(taken)))
        return failure

    def _unpacked(self, hosted: Hosted, pickling: Pickling, record: w.Record) -> G:
        """The goroutine, queued: its original, when it comes back to where it had left."""
        g = records.come_back(hosted, self._sched, record) if record.started else None
        return records.unpack(hosted, pickling, self._sched, record) if g is None else g
