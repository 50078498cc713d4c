"""x/sync's semaphore.Weighted: `n` of something, taken and given back in any amounts.

Order.      Strictly FIFO: a large request at the head keeps smaller ones behind it waiting, and newcomers
            too. `release` readies, oldest first, all that fit, each taking over runnext.
Too much.   Who asks for more than there is in all waits for ever, as for a context that is never
            cancelled, and stands in nobody's way.
Handles.    Nothing is free in a handle, so that every request goes to the home.
Sources.    golang.org/x/sync/semaphore: its documentation.
"""

from collections import deque
from collections.abc import Generator
from math import inf
from typing import Self

from cluster.kernel.far import FarOp
from cluster.kernel.g import SELECT, G, Waiter, WaitReason
from cluster.kernel.handles import ask, caller, tell, wake
from cluster.kernel.parks import parks
from cluster.kernel.sched import Sched, here
from cluster.model.errors import Panic
from cluster.model.ids import ObjId, ProgramId


class Semaphore:
    """Bounds how many may do something at once. One object for goroutines of all Ms."""

    __slots__ = ("_sched", "_size", "_free", "_waiters", "id", "home", "program", "__weakref__")

    def __init__(self, n: int) -> None:
        self._sched: Sched = here("Semaphore()")
        self.program: ProgramId | None = caller(self._sched, "Semaphore()").program.id  # None on handles
        self._size = n
        self._free: float = n
        self._waiters: deque[tuple[int, G | Waiter]] = deque()
        self.id: ObjId | None = None
        self.home: ObjId | None = None

    @classmethod
    def handle(cls, sched: Sched, home: ObjId, size: int) -> Self:
        """A stand-in on this M for the semaphore `home` of another."""
        self = cls.__new__(cls)
        self._sched, self.id, self.home, self._size = sched, home, home, size
        self.program = None
        self._free, self._waiters = -inf, deque()
        return self

    def facts(self) -> tuple[object, ...]:
        """What a handle must know: see `handle`."""
        return (self._size,)

    @parks
    def acquire(self, k: int = 1) -> Generator[WaitReason, object, None]:
        """Take `k`, parking until they are free and nobody is before the caller."""
        if self._free >= k and not self._waiters:
            self._free -= k
        elif self.home is not None:
            yield from ask(self._sched, self.home, FarOp.SEMAPHORE_ACQUIRE, k, SELECT)
        else:
            self._queue(k, caller(self._sched, "acquire"))
            yield SELECT

    @parks
    def try_acquire(self, k: int = 1) -> Generator[WaitReason, object, bool]:
        """Take `k` if they are free and nobody waits; whether that was so. Lets nobody else run."""
        if self.home is not None:
            return (yield from ask(self._sched, self.home, FarOp.SEMAPHORE_TRY_ACQUIRE, k, SELECT)) is True
        return self._try_now(k)

    def release(self, k: int = 1) -> None:
        """Give `k` back; never waits. Panics when that is more than is held."""
        if self.home is not None:
            tell(self.home, FarOp.SEMAPHORE_RELEASE, k, "release")
            return
        self._free += k
        if self._free > self._size:
            raise Panic("semaphore: released more than held")
        waiters = self._waiters
        while waiters and waiters[0][0] <= self._free:
            k, w = waiters.popleft()
            self._free -= k
            wake(self._sched, w, None)

    def __repr__(self) -> str:
        if self.home is not None:
            return f"<Semaphore of {self._size} at {self.home}>"
        return f"<Semaphore {self._free} of {self._size} free, {len(self._waiters)} waiting>"

    # -- for waiters of every kind

    def _try_now(self, k: int) -> bool:
        if self._free < k or self._waiters:
            return False
        self._free -= k
        return True

    def _queue(self, k: int, w: G | Waiter) -> None:
        if k <= self._size:
            self._waiters.append((k, w))

    def serve(self, op: FarOp, arg: object, waiter: Waiter) -> None:
        """Do the operation of a goroutine of another M. Raises Panic where a local call would."""
        if not isinstance(arg, int):
            raise TypeError(f"a semaphore counts in ints, not in {type(arg).__name__}")
        match op:
            case FarOp.SEMAPHORE_ACQUIRE:
                if self._try_now(arg):
                    waiter.wake(None)
                else:
                    self._queue(arg, waiter)
            case FarOp.SEMAPHORE_TRY_ACQUIRE:
                waiter.wake(self._try_now(arg))
            case FarOp.SEMAPHORE_RELEASE:
                self.release(arg)
            case _:
                raise AssertionError(f"a semaphore was asked for {op.name}")
