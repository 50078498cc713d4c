"""A call that blocks and that nobody declared: what becomes of the P, and what this M does meanwhile.

Begin.      The sysmon thread sees that the goroutine neither computes nor comes to an end (`begins`), and tells
            the coordinator (Blocked). While nobody could use the P the M keeps it: most such calls are short.
Hand-off.   Else the P leaves, with all that can move, records that were not read included, and the M is
            BLOCKED: it can run nothing. What cannot move waits here for the end of the call.
Meanwhile.  Objects of this M are others' homes: `serve` does what they ask, on the main thread, in the
            middle of the call, or on the sysmon thread while a C function keeps the main thread from hearing
            of it. What that makes runnable leaves for the global queue (Inject).
End.        The goroutine goes on for at most the rest of its slice without a P: its next scheduling point brings
            it to `ends`; until then the sysmon thread may see it run (`resumes`) and asks for a P for it.
Pinned.     A P that this M has asked for in the middle of a call, for goroutines that cannot leave, is not
            handed off at once: the sysmon thread has STAYS_NS to get the main thread out of that call.
Threads.    `begins`, `resumes` and `hand_off` are the sysmon thread's, under the shell's lock, while the main
            thread is inside the goroutine; `serve` and `ends` the main thread's, under that lock.
Unlike Go.  Go's entersyscall says that a call begins, and exitsyscall takes a P before a line of Go
            runs again. Python's calls say nothing.
Sources.    Go 1.19 runtime/proc.go: retake, handoffp, exitsyscall, injectglist.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from cluster.kernel.g import G
from cluster.kernel.sched import Sched
from cluster.model.clock import Instant, after
from cluster.model.ids import NO_P, Epoch, MId, PId, ProgramId
from cluster.model.limits import SYSMON_PERIOD_NS
from cluster.wire import messages as w
from worker.core.find_runnable import Event, FindRunnable, State
from worker.core.lease import LeaseClient
from worker.core.moves import Moves
from worker.core.outbox import COORDINATOR, Outbox
from worker.core.programs import Hosted

STAYS_NS: Final = 2 * SYSMON_PERIOD_NS


class InCall:
    """Whether the running goroutine is in such a call, and since it was told."""

    def __init__(
        self,
        lease: LeaseClient,
        find: FindRunnable,
        outbox: Outbox,
        programs: Mapping[ProgramId, Hosted],
        sched: Sched,
        moves: Moves,
        load: Callable[[], w.Load],
        take: Callable[[MId, w.Message], None],
    ) -> None:
        """The parts of one M; `take` does what another M asks."""
        self._lease: Final = lease
        self._find: Final = find
        self._outbox: Final = outbox
        self._programs: Final = programs
        self._sched: Final = sched
        self._moves: Final = moves
        self._load: Final = load
        self._take: Final = take
        self.active = False
        self._told = False
        self._for_pinned = False  # the next P is for goroutines that cannot leave
        self._stays_until = Instant(0)
        self._g: G | None = None  # who is in it, for the trace

    @property
    def keeps_others(self) -> bool:
        """Whether goroutines wait for this P: then Go's sysmon takes it at its next look."""
        return bool(self._sched.runnable()) or self._sched.hungry

    def begins(self) -> None:
        """The goroutine is blocked in a call, as it seems; or still is."""
        if self._sched.cur is None or self._find.state not in (State.RUNNING, State.WANTING, State.BLOCKED):
            return
        lease = self._lease.lease
        if not self.active:
            self._g = self._sched.cur
            self._trace("GoSysBlock", NO_P if lease is None else lease.p)
        self.active = True
        if lease is None or self._told:
            return
        now = self._sched.clock.now()
        if self._for_pinned:
            self._for_pinned, self._stays_until = False, after(now, STAYS_NS)
        if now >= self._stays_until:
            self._told = True
            self._outbox.post(COORDINATOR, w.Blocked(lease.p, lease.epoch, self._load()))

    def hand_off(self, now: Instant) -> None:
        """Another M can take the P: it leaves, if the call has not ended. Source: handoffp."""
        lease = self._lease.lease
        if not self.active or lease is None or self._find.state is not State.RUNNING:
            return
        records = (*self._moves.leave_all(), *self._unread())
        self._outbox.post(COORDINATOR, w.ReleaseP(lease.p, lease.epoch, self._load(), False, records, blocked=True))
        self._lease.drop()
        self._sched.hungry = False
        self._sched.interrupt()
        self._told = False
        self._find.move(Event.HAND_OFF, now)

    def _unread(self) -> list[w.Record]:
        """Goroutines that were sent here and not read: they are nobody's yet."""
        unread: list[w.Record] = []
        for hosted in list(self._programs.values()):
            for record in hosted.inbox:
                hosted.sent += 1  # in one step: the main thread counts, too
                unread.append(record)
            hosted.inbox.clear()
        return unread

    @property
    def timers_due(self) -> bool:
        """Whether `serve` has something to do though no message came."""
        at = self._sched.timers.next()
        return at is not None and at <= self._sched.clock.now()

    def serve(self, messages: Iterable[tuple[MId, w.Message]], now: Instant) -> None:
        """In the middle of the call: do what other Ms ask of objects of this one, and what timers have to do."""
        sched = self._sched
        g, sched.cur, sched.serving = sched.cur, None, True
        try:
            for source, message in messages:
                self._take(source, message)
            sched.timers.fire(now, sched.ready)
        finally:
            sched.cur, sched.serving = g, False
        self.inject(now)

    def inject(self, now: Instant) -> None:
        """Goroutines became runnable here: those that can leave do, for the others this M stands in line for a P."""
        if self._find.state is not State.BLOCKED:
            return
        if records := self._moves.leave_all():
            self._outbox.post(COORDINATOR, w.Inject(records))
        if self._sched.runnable():
            self._for_pinned = True
            self._want(now)

    def resumes(self, now: Instant) -> None:
        """The goroutine was seen to go on, without a scheduling point: it needs a P. Source: exitsyscall."""
        if self.active and self._find.state is State.BLOCKED:
            self._want(now)
        self._over()

    def ends(self, now: Instant) -> None:
        """The main thread has come out of the goroutine."""
        if not self.active:
            return
        if self._find.state is State.BLOCKED:
            self._find.move(Event.RETURN, now)
            if not self._sched.runnable():
                self._outbox.post(COORDINATOR, w.Returned(NO_P, Epoch(0)))
        self._over()

    def _want(self, now: Instant) -> None:
        self._find.move(Event.HAS_WORK, now)
        self._outbox.post(COORDINATOR, w.AcquireP(self._load()))

    def _over(self) -> None:
        lease = self._lease.lease
        if self.active and self._g is not None and not self._g.preempted:  # else it was left in its call
            self._trace("GoSysExit", NO_P if lease is None else lease.p)
        if self._told and lease is not None:
            self._outbox.post(COORDINATOR, w.Returned(lease.p, lease.epoch))
        self.active, self._told, self._g = False, False, None
        self._for_pinned, self._stays_until = False, Instant(0)

    def _trace(self, kind: str, p: PId) -> None:
        """Tell what became of the goroutine, at once: the main thread, which collects spans, is in its call."""
        g, me = self._g, self._moves.me
        hosted = None if g is None else self._programs.get(g.program.id)
        if g is not None and hosted is not None and hosted.watched:
            step = w.Step(kind, self._sched.clock.now(), me, p, g.goid, "")
            self._outbox.post(COORDINATOR, w.Traced(hosted.id, (), (step,)))
