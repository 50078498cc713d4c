"""What the coordinator has said of the others: that some are hungry, or that goroutines wait with it.

Hungry.     Somebody could run goroutines at once. Whoever has some gives, once: the coordinator asks again while it
            lasts. `go` reads `Sched.hungry`, too, so that a turn ends when there is something to give.
Backlog.    Goroutines wait at the coordinator: one is pulled for every GLOBRUNQ_TICKS slices, as Go looks into its
            global queue.
Lease.      One that is granted says whether somebody is hungry. The sysmon thread may have heard of hunger that
            began later before the main thread comes to the lease: so a lease never ends hunger. A P that is given
            back does.
Sources.    Go 1.19 runtime/proc.go: wakep, schedule.
"""

from typing import Final

from cluster.kernel.sched import Sched
from cluster.model.clock import Instant
from cluster.model.limits import GLOBRUNQ_TICKS
from cluster.wire import messages as w
from worker.core.lease import LeaseClient
from worker.core.moves import Moves
from worker.core.outbox import COORDINATOR, Outbox


class Hunger:
    """Whether others want goroutines of this M, or have some for it."""

    def __init__(self, sched: Sched, moves: Moves, lease: LeaseClient, outbox: Outbox) -> None:
        self._sched: Final = sched
        self._moves: Final = moves
        self._lease: Final = lease
        self._outbox: Final = outbox
        self._backlog = False
        self._pulled_at_tick = 0

    def hear(self, hungry: bool, backlog: bool) -> None:
        """The coordinator says so."""
        self._sched.hungry = hungry
        self._backlog = backlog

    def leased(self, hungry: bool) -> None:
        """A P was leased, whose tick the kernel has by now."""
        self._sched.hungry = self._sched.hungry or hungry
        self._pulled_at_tick = self._sched.tick

    def left(self) -> None:
        """The P was given back: the next lease says more."""
        self._sched.hungry = False

    def feed(self, now: Instant, run_began: Instant, beside: bool) -> None:
        """Send half of what can move, if somebody is hungry. `beside` a slice of a turn that began then."""
        lease = self._lease.lease
        if lease is None:
            return
        if self._sched.hungry or self._moves.restless:
            leaving = self._moves.give(now - run_began if beside else 0, beside)
            self._sched.hungry = self._sched.hungry and not leaving
        elif self._moves.owing:
            leaving = self._moves.give_rest(beside)
        else:
            return
        if leaving:
            self._outbox.post(COORDINATOR, w.Give(lease.p, lease.epoch, leaving))

    def pull(self) -> None:
        """Ask for one that waits at the coordinator, if it is time."""
        lease = self._lease.lease
        if self._backlog and lease is not None and self._sched.tick - self._pulled_at_tick >= GLOBRUNQ_TICKS:
            self._pulled_at_tick = self._sched.tick
            self._outbox.post(COORDINATOR, w.Pull(lease.p, lease.epoch))
