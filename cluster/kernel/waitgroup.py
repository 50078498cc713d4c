"""sync.WaitGroup: a counter, and those who wait for it to be zero.

Owner.      The kernel of the M that made it; elsewhere it is a handle (`home` is set).
Invariants. Nobody waits while the counter is zero.
Order.      Reaching zero readies the waiters in the order in which they came; each takes over
            runnext, so on one P they run newest first, then the others in order.
Unlike Go.  `sync: WaitGroup misuse: Add called concurrently with Wait` cannot happen: one kernel counts.
Sources.    Go 1.19 sync/waitgroup.go; `go` is of Go 1.25.
"""

from collections import deque
from collections.abc import Callable, Generator
from types import CoroutineType
from typing import Self

from cluster.kernel.calling import calls_out
from cluster.kernel.far import FarOp
from cluster.kernel.g import SEMACQUIRE, G, Waiter, WaitReason
from cluster.kernel.parks import parks
from cluster.kernel.sched import Sched, go, here
from cluster.model.errors import NegativeCounterError, NotInGoroutineError, Panic
from cluster.model.ids import ObjId, ProgramId


class WaitGroup:
    """Waits for a collection of goroutines to finish. One object for goroutines of all Ms."""

    __slots__ = ("_sched", "_count", "_waiters", "id", "home", "program", "__weakref__")

    def __init__(self) -> None:
        self._sched: Sched = here("WaitGroup()")
        assert self._sched.cur is not None
        self.program: ProgramId | None = self._sched.cur.program.id  # None on handles
        self._count = 0
        self._waiters: deque[G | Waiter] = deque()
        self.id: ObjId | None = None
        self.home: ObjId | None = None

    @classmethod
    def handle(cls, sched: Sched, home: ObjId) -> Self:
        """A stand-in on this M for the wait group `home` of another."""
        self = cls.__new__(cls)
        self._sched, self.id, self.home = sched, home, home
        self.program = None
        self._count, self._waiters = 0, deque()
        return self

    def facts(self) -> tuple[object, ...]:
        """What a handle must know: nothing."""
        return ()

    def add(self, n: int) -> None:
        """Change the counter; never waits. Panics when it would be negative."""
        if self.home is not None:
            sched = here("add")
            assert sched.cur is not None
            sched.far.tell(sched.cur, self.home, FarOp.WG_ADD, n)
            return
        self._count += n
        if self._count < 0:
            raise NegativeCounterError
        if self._count == 0 and self._waiters:
            waiters, self._waiters = self._waiters, deque()
            for w in waiters:
                if isinstance(w, G):
                    w.val = None
                    self._sched.ready(w)
                else:
                    w.wake(None)

    def done(self) -> None:
        """One less to wait for; never waits."""
        self.add(-1)

    def go(self, fn: Callable[..., object], /, *args: object) -> None:
        """Add one, and start a goroutine, `fn(*args)`, plain or async, that is done when it ends. Never waits."""
        self.add(1)
        go(_member, self, fn, args)

    @parks
    def wait(self) -> Generator[WaitReason, object, None]:
        """Park until the counter is zero; returns at once when it is."""
        sched = self._sched
        g = sched.cur
        if g is None:
            raise NotInGoroutineError("wait")
        if self.home is not None:
            sched.far.ask(g, self.home, FarOp.WG_WAIT, None)
            yield SEMACQUIRE
        elif self._count:
            yield from self.wait_for(g)

    def __repr__(self) -> str:
        return f"<WaitGroup at {self.home}>" if self.home else f"<WaitGroup count={self._count}>"

    # -- for waiters of every kind

    def wait_for(self, w: G | Waiter) -> Generator[WaitReason, object, None]:
        """The steps by which `w` waits until the counter is zero."""
        if self._count == 0:
            return
        self._waiters.append(w)
        yield SEMACQUIRE
        if self._count or self._waiters:
            raise Panic("sync: WaitGroup is reused before previous Wait has returned")

    def serve(self, op: FarOp, arg: object, waiter: Waiter) -> None:
        """Do the operation of a goroutine of another M. Raises Panic where a local call would."""
        match op:
            case FarOp.WG_ADD:
                if not isinstance(arg, int):
                    raise TypeError(f"WaitGroup.add takes an int, not {type(arg).__name__}")
                self.add(arg)
            case FarOp.WG_WAIT:
                if self._count == 0:
                    waiter.wake(None)
                else:
                    self._waiters.append(waiter)
            case _:
                raise AssertionError(f"a wait group was asked for {op.name}")


@calls_out
async def _member(wg: WaitGroup, fn: Callable[..., object], args: tuple[object, ...]) -> None:
    """What a goroutine that a wait group has started does."""
    try:
        made = fn(*args)
        if type(made) is CoroutineType:
            await made
    finally:
        wg.done()
