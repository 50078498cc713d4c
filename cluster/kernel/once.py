"""sync.Once: the first call runs its function, the others wait for it to end.

Invariants. The function runs on the M of its caller; the home only says who is first. `_done` of a
            handle is set when this M knows, and spares the question.
Order.      The waiters are a mutex's: each goes on and wakes the next. A function that panics counts as
            done. One that calls `do` of the same Once waits for itself.
Sources.    Go 1.19 sync/once.go: Do, doSlow.
"""

from collections.abc import Awaitable, Callable, Generator
from types import CoroutineType
from typing import Self

from cluster.kernel.calling import calls_out
from cluster.kernel.far import FarOp
from cluster.kernel.g import GOYIELD, SEMACQUIRE, G, Waiter, WaitReason
from cluster.kernel.handles import Delegate, ask, caller, tell
from cluster.kernel.mutex import Mutex
from cluster.kernel.parks import parks
from cluster.kernel.sched import Sched, goyield, here
from cluster.model.ids import ObjId, ProgramId


class Once:
    """Does one thing once. One object for goroutines of all Ms."""

    __slots__ = ("_sched", "_done", "_mu", "id", "home", "program", "__weakref__")

    def __init__(self) -> None:
        self._sched: Sched = here("Once()")
        self.program: ProgramId | None = caller(self._sched, "Once()").program.id  # None on handles
        self._done = False
        self._mu = Mutex()
        self.id: ObjId | None = None
        self.home: ObjId | None = None

    @classmethod
    def handle(cls, sched: Sched, home: ObjId, done: bool) -> Self:
        """A stand-in on this M for the object `home` of another."""
        self = cls.__new__(cls)
        self._sched, self.id, self.home, self._done = sched, home, home, done
        self.program = None
        self._mu = Mutex.handle(sched, home)
        return self

    def facts(self) -> tuple[object, ...]:
        """What a handle must know: see `handle`."""
        return (self._done,)

    @calls_out
    async def do(self, fn: Callable[..., object | Awaitable[object]], /, *args: object) -> None:
        """Run `fn(*args)`, plain or async, if this is the first call of all; else wait until that has ended."""
        if self._done or not await self._enter():
            return
        try:
            made = fn(*args)
            if type(made) is CoroutineType:
                await made
        finally:
            self._done = True
            if self._leave():
                await goyield()

    def __repr__(self) -> str:
        return f"<Once{f' at {self.home}' if self.home is not None else ''}{', done' if self._done else ''}>"

    @parks
    def _enter(self) -> Generator[WaitReason, object, bool]:
        """Wait for whoever is first; whether that is the caller."""
        if self.home is None:
            return (yield from self._enter_for(caller(self._sched, "do")))
        first = (yield from ask(self._sched, self.home, FarOp.ONCE_ENTER, None, SEMACQUIRE)) is True
        self._done = not first
        return first

    def _leave(self) -> bool:
        """The function has ended; True when the caller should yield to the next."""
        if self.home is None:
            return self._mu.release()
        tell(self.home, FarOp.ONCE_LEAVE, None, "do")
        return False

    # -- for waiters of every kind

    def _enter_for(self, w: G | Waiter) -> Generator[WaitReason, object, bool]:
        yield from self._mu.lock_for(w)
        if not self._done:
            return True
        if self._mu.release() and isinstance(w, G):
            yield GOYIELD
        return False

    def serve(self, op: FarOp, _arg: object, waiter: Waiter) -> None:
        """Do the operation of a goroutine of another M."""
        match op:
            case FarOp.ONCE_ENTER:
                Delegate(waiter, self._enter_for)
            case FarOp.ONCE_LEAVE:
                self._done = True
                self._mu.release()
            case _:
                raise AssertionError(f"a once was asked for {op.name}")
