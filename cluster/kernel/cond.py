"""sync.Cond: goroutines that wait until somebody says that something has changed.

Order.      Who calls `wait` takes a ticket, unlocks, parks, and locks again. `signal` wakes the smallest
            ticket; `broadcast` readies all in the order of their tickets, each taking over runnext. A
            signal with nobody waiting is lost. Nobody is woken without a reason.
Tickets.    Taking one comes before unlocking, and queueing after it: who is signalled in between does
            not park. For a goroutine of another M the ticket is a Tell, so that it has been taken before
            anybody on a third M can see the mutex unlocked; its number is that of the goroutine.
Handles.    The mutex has a home of its own, and each M locks and unlocks it by itself.
Sources.    Go 1.19 sync/cond.go; runtime/sema.go: notifyListAdd, notifyListWait, notifyListNotifyOne,
            notifyListNotifyAll.
"""

from collections import deque
from collections.abc import Generator
from typing import Self

from cluster.kernel.far import FarOp
from cluster.kernel.g import COND_WAIT, GOYIELD, G, Waiter, WaitReason
from cluster.kernel.handles import ask, caller, staying, tell, wake
from cluster.kernel.mutex import Mutex
from cluster.kernel.parks import parks
from cluster.kernel.rwmutex import RWMutex
from cluster.kernel.sched import Sched, here
from cluster.model.ids import ObjId, ProgramId


class Cond:
    """A place to wait for an event, under the lock `mu`. One object for goroutines of all Ms."""

    __slots__ = (
        "_sched", "_next", "_notified", "_waiters", "_away", "mu", "id", "home", "program", "__weakref__",
    )  # fmt: skip

    def __init__(self, mu: Mutex | RWMutex) -> None:
        self._sched: Sched = here("Cond()")
        self.program: ProgramId | None = caller(self._sched, "Cond()").program.id  # None on handles
        self.mu = mu
        self._next = 0  # the next ticket
        self._notified = 0  # all tickets below it have been signalled
        self._waiters: deque[tuple[int, G | Waiter]] = deque()
        self._away: dict[object, int] = {}  # tickets of goroutines of other Ms that have not yet queued, by goid
        self.id: ObjId | None = None
        self.home: ObjId | None = None

    @classmethod
    def handle(cls, sched: Sched, home: ObjId, mu: Mutex | RWMutex) -> Self:
        """A stand-in on this M for the object `home` of another."""
        self = cls.__new__(cls)
        self._sched, self.id, self.home, self.mu = sched, home, home, mu
        self.program = None
        self._next, self._notified, self._waiters, self._away = 0, 0, deque(), {}
        return self

    def facts(self) -> tuple[object, ...]:
        """What a handle must know: see `handle`."""
        return (self.mu,)

    async def wait(self) -> None:
        """Unlock `mu`, park until a signal or broadcast, and lock it again. `mu` must be locked."""
        g = caller(self._sched, "wait")
        ticket = self._add(g)
        if self.mu.release():
            await _yield(g)
        await self._wait(g, ticket)
        await self.mu.lock()

    def signal(self) -> None:
        """Wake who has waited longest, if anybody waits; never waits. The lock need not be held."""
        if self.home is not None:
            tell(self.home, FarOp.COND_SIGNAL, None, "signal")
            return
        if self._notified == self._next:
            return
        ticket = self._notified
        self._notified += 1
        for i, (held, w) in enumerate(self._waiters):
            if held == ticket:  # else it has not queued yet, and will not park
                del self._waiters[i]
                wake(self._sched, w, None)
                return

    def broadcast(self) -> None:
        """Wake all who wait; never waits. The lock need not be held."""
        if self.home is not None:
            tell(self.home, FarOp.COND_BROADCAST, None, "broadcast")
            return
        self._notified = self._next
        waiters, self._waiters = self._waiters, deque()
        for _, w in waiters:
            wake(self._sched, w, None)

    def __repr__(self) -> str:
        return f"<Cond at {self.home}>" if self.home is not None else f"<Cond, {len(self._waiters)} waiting>"

    def _add(self, g: G) -> int:
        """Take a ticket: its number, or for the home that of the goroutine."""
        if self.home is not None:
            self._sched.far.tell(g, self.home, FarOp.COND_ADD, g.goid)
            return g.goid
        self._next += 1
        return self._next - 1

    @parks
    def _wait(self, g: G, ticket: int) -> Generator[WaitReason, object, None]:
        if self.home is not None:
            yield from ask(self._sched, self.home, FarOp.COND_WAIT, ticket, COND_WAIT)
        elif ticket >= self._notified:
            self._waiters.append((ticket, g))
            yield COND_WAIT

    def serve(self, op: FarOp, arg: object, waiter: Waiter) -> None:
        """Do the operation of a goroutine of another M."""
        match op:
            case FarOp.COND_ADD:
                self._away[arg] = self._next
                self._next += 1
            case FarOp.COND_WAIT:
                ticket = self._away.pop(arg)
                if ticket < self._notified:
                    waiter.wake(None)
                else:
                    self._waiters.append((ticket, waiter))
            case FarOp.COND_SIGNAL:
                self.signal()
            case FarOp.COND_BROADCAST:
                self.broadcast()
            case _:
                raise AssertionError(f"a cond was asked for {op.name}")


@parks
def _yield(g: G) -> Generator[WaitReason, object, None]:
    """Let whom the mutex was handed to run. A ticket counts on this M only: its holder stays until it has queued."""
    yield from staying(g, _once())


def _once() -> Generator[WaitReason, object, None]:
    yield GOYIELD
