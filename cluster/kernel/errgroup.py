"""x/sync's errgroup.Group: goroutines that work on one task, and the first error of any of them.

Errors.     In Go a function returns its error; here it raises it. Every Exception counts but Panic and
            its kinds: what is no error (those, Goexit, exit) does what it does in any goroutine.
Limit.      Go's `Go` blocks the caller when `limit` goroutines are active. Here `go` never waits: the new
            goroutine does, before its function is called. Turns are FIFO, and a turn that comes free is
            passed on at once, as by the buffered channel that Go uses.
Handles.    `go` on a handle starts the goroutine on the caller's M; the home counts it, gives it its
            turn, and takes its error. An error that cannot be pickled arrives as a ClusterError.
Sources.    golang.org/x/sync/errgroup: its documentation.
"""

from collections import deque
from collections.abc import Callable, Generator
from types import CoroutineType
from typing import Self

from cluster.kernel.calling import calls_out
from cluster.kernel.far import FarOp
from cluster.kernel.g import CHAN_SEND, SEMACQUIRE, G, Waiter, WaitReason
from cluster.kernel.handles import Delegate, ask, caller, staying, tell, wake
from cluster.kernel.parks import parks
from cluster.kernel.sched import Sched, go, here
from cluster.kernel.waitgroup import WaitGroup
from cluster.model.errors import CannotShipError, ClusterError, Panic
from cluster.model.ids import ObjId, ProgramId


class ErrGroup:
    """Starts goroutines, at most `limit` active at once, and waits for them. One object for all Ms."""

    __slots__ = ("_sched", "_limit", "_room", "_turns", "_wg", "_error", "id", "home", "program", "__weakref__")

    def __init__(self, limit: int | None = None) -> None:
        """No limit when it is None or negative; with 0 no function is ever called."""
        self._sched: Sched = here("ErrGroup()")
        self.program: ProgramId | None = caller(self._sched, "ErrGroup()").program.id  # None on handles
        self._limit = None if limit is None or limit < 0 else limit
        self._room = self._limit or 0
        self._turns: deque[G | Waiter] = deque()
        self._wg = WaitGroup()
        self._error: Exception | None = None
        self.id: ObjId | None = None
        self.home: ObjId | None = None

    @classmethod
    def handle(cls, sched: Sched, home: ObjId, limit: int | None) -> Self:
        """A stand-in on this M for the group `home` of another."""
        self = cls.__new__(cls)
        self._sched, self.id, self.home, self._limit = sched, home, home, limit
        self.program = None
        self._room, self._turns, self._wg, self._error = 0, deque(), WaitGroup.handle(sched, home), None
        return self

    def facts(self) -> tuple[object, ...]:
        """What a handle must know: see `handle`."""
        return (self._limit,)

    def go(self, fn: Callable[..., object], /, *args: object) -> None:
        """Start a goroutine of the group: `fn(*args)`, plain or async. Never waits."""
        if self.home is not None:
            tell(self.home, FarOp.ERRGROUP_ADD, None, "go")
        else:
            self._wg.add(1)
        go(_member, self, fn, args)

    async def wait(self) -> None:
        """Park until all goroutines of the group have ended; raises the first error of any of them."""
        error = await self._join()
        if error is not None:
            raise error

    def __repr__(self) -> str:
        return f"<ErrGroup at {self.home}>" if self.home is not None else f"<ErrGroup {self._wg!r}, {self._error!r}>"

    @parks
    def enter(self) -> Generator[WaitReason, object, None]:
        """A member waits for its turn."""
        if self._limit is None:
            return
        if self.home is not None:
            yield from ask(self._sched, self.home, FarOp.ERRGROUP_ENTER, None, CHAN_SEND)
        elif self._room:
            self._room -= 1
        else:
            self._turns.append(caller(self._sched, "go"))
            yield CHAN_SEND

    def leave(self, error: Exception | None) -> None:
        """A member has ended."""
        if self.home is None:
            self._leave(error)
            return
        try:
            tell(self.home, FarOp.ERRGROUP_LEAVE, portable(error), "go")
        except CannotShipError:
            tell(self.home, FarOp.ERRGROUP_LEAVE, in_words(error), "go")

    @parks
    def _join(self) -> Generator[WaitReason, object, Exception | None]:
        if self.home is None:
            return (yield from self._join_for(caller(self._sched, "wait")))
        error = yield from ask(self._sched, self.home, FarOp.ERRGROUP_WAIT, None, SEMACQUIRE)
        return error if isinstance(error, Exception) else None

    # -- for waiters of every kind

    def _join_for(self, w: G | Waiter) -> Generator[WaitReason, object, Exception | None]:
        yield from staying(w, self._wg.wait_for(w))
        return self._error

    def _leave(self, error: Exception | None) -> None:
        if error is not None and self._error is None:
            self._error = error
        if self._limit is not None:
            if self._turns:
                wake(self._sched, self._turns.popleft(), None)
            else:
                self._room += 1
        self._wg.done()

    def serve(self, op: FarOp, arg: object, waiter: Waiter) -> None:
        """Do the operation of a goroutine of another M."""
        match op:
            case FarOp.ERRGROUP_ADD:
                self._wg.add(1)
            case FarOp.ERRGROUP_ENTER:
                if self._room:
                    self._room -= 1
                    waiter.wake(None)
                else:
                    self._turns.append(waiter)
            case FarOp.ERRGROUP_LEAVE:
                self._leave(arg if isinstance(arg, Exception) else None)
            case FarOp.ERRGROUP_WAIT:
                Delegate(_Told(waiter), self._join_for)
            case _:
                raise AssertionError(f"an error group was asked for {op.name}")


class _Told(Waiter):
    """Tells a waiter of another M the error, in a form that can leave this M."""

    __slots__ = ("_waiter", "val")

    def __init__(self, waiter: Waiter) -> None:
        self._waiter = waiter
        self.val: object = None

    def wake(self, val: object) -> None:
        error = val if isinstance(val, Exception) else None
        try:
            self._waiter.wake(portable(error))
        except CannotShipError:
            self._waiter.wake(in_words(error))


@calls_out
async def _member(group: ErrGroup, fn: Callable[..., object], args: tuple[object, ...]) -> None:
    """What a goroutine of a group does."""
    await group.enter()
    error: Exception | None = None
    try:
        made = fn(*args)
        if type(made) is CoroutineType:
            await made
    except Panic:
        raise
    except Exception as raised:
        error = raised
    finally:
        group.leave(error)


def portable(error: Exception | None) -> Exception | None:
    """The error, if it can be made anew from its arguments, as pickle does it; else its text."""
    if error is None or type(error).__reduce__ is not Exception.__reduce__:
        return error
    try:
        type(error)(*error.args)
    except Exception:
        return in_words(error)
    return error


def in_words(error: Exception | None) -> ClusterError:
    """The text of an error that cannot leave its M."""
    return ClusterError(f"{type(error).__name__}: {error}")
