"""sync.RWMutex: many readers or one writer.

State.      `_readers` counts the readers that hold it or wait; a writer that has announced itself takes
            READERS_MAX off, so that it is negative. `_leaving` counts the readers it waits for.
Order.      A writer that waits keeps new readers out. `unlock` lets all waiting readers in, each taking
            over runnext, and only then the next writer compete for the writers' mutex.
Handles.    `_readers` of a handle is negative, and its writers' mutex is not used.
Sources.    Go 1.19 sync/rwmutex.go.
"""

from collections.abc import Awaitable, Generator
from typing import Final, Self

from cluster.kernel.far import FarOp
from cluster.kernel.g import SEMACQUIRE, G, Waiter, WaitReason
from cluster.kernel.handles import Delegate, ask, caller, staying, tell
from cluster.kernel.mutex import Mutex
from cluster.kernel.parks import DONE, parks
from cluster.kernel.sched import Sched, fatal, goyield, here
from cluster.kernel.sema import Sema
from cluster.model.ids import ObjId, ProgramId

READERS_MAX: Final = 1 << 30  # Go's rwmutexMaxReaders


class RWMutex:
    """A lock for many readers or one writer. One object for goroutines of all Ms."""

    __slots__ = (
        "_sched", "_w", "_writer_sema", "_reader_sema", "_readers", "_leaving", "id", "home", "program", "__weakref__",
    )  # fmt: skip

    def __init__(self) -> None:
        self._sched: Sched = here("RWMutex()")
        self.program: ProgramId | None = caller(self._sched, "RWMutex()").program.id  # None on handles
        self._w = Mutex()  # held by the writer that has announced itself
        self._writer_sema = Sema(self._sched)
        self._reader_sema = Sema(self._sched)
        self._readers = 0
        self._leaving = 0
        self.id: ObjId | None = None
        self.home: ObjId | None = None

    @classmethod
    def handle(cls, sched: Sched, home: ObjId) -> Self:
        """A stand-in on this M for the lock `home` of another."""
        self = cls.__new__(cls)
        self._sched, self.id, self.home = sched, home, home
        self.program = None
        self._w = Mutex.handle(sched, home)
        self._writer_sema = self._reader_sema = Sema(sched)
        self._readers, self._leaving = -READERS_MAX, 0
        return self

    def facts(self) -> tuple[object, ...]:
        """What a handle must know: nothing."""
        return ()

    @parks
    def lock(self) -> Generator[WaitReason, object, None]:
        """Park until nobody reads or writes, and take it for writing."""
        if self.home is not None:
            yield from ask(self._sched, self.home, FarOp.RW_LOCK, None, SEMACQUIRE)
        else:
            yield from self._lock_for(caller(self._sched, "lock"))

    @parks
    def try_lock(self) -> Generator[WaitReason, object, bool]:
        """Take it for writing if nobody has it; whether that was so. Lets nobody else run."""
        if self.home is not None:
            return (yield from ask(self._sched, self.home, FarOp.RW_TRY_LOCK, None, SEMACQUIRE)) is True
        return self.try_lock_now()

    def unlock(self) -> None:
        """Set it free from writing; never waits. Fatal when nobody writes."""
        self.release()

    @parks
    def rlock(self) -> Generator[WaitReason, object, None]:
        """Park until nobody writes or waits to write, and take it for reading."""
        if self._readers >= 0:
            self._readers += 1
        elif self.home is not None:
            yield from ask(self._sched, self.home, FarOp.RW_RLOCK, None, SEMACQUIRE)
        else:
            yield from self._rlock_for(caller(self._sched, "rlock"))

    @parks
    def try_rlock(self) -> Generator[WaitReason, object, bool]:
        """Take it for reading if nobody writes or waits to write; whether that was so. Lets nobody else run."""
        if self.home is not None:
            return (yield from ask(self._sched, self.home, FarOp.RW_TRY_RLOCK, None, SEMACQUIRE)) is True
        return self.try_rlock_now()

    def runlock(self) -> None:
        """Undo one `rlock`; never waits. Fatal when nobody reads. Source: RUnlock, rUnlockSlow."""
        if self._readers > 0:
            self._readers -= 1
            return
        if self.home is not None:
            tell(self.home, FarOp.RW_RUNLOCK, None, "runlock")
            return
        if self._readers in (0, -READERS_MAX):
            fatal("sync: RUnlock of unlocked RWMutex")
        self._readers -= 1
        self._leaving -= 1
        if self._leaving == 0:  # the last of those that the writer waits for
            self._writer_sema.release()

    def read(self) -> "Reading":
        """For `async with`: hold it for reading."""
        return Reading(self)

    def write(self) -> "Writing":
        """For `async with`: hold it for writing."""
        return Writing(self)

    def __repr__(self) -> str:
        if self.home is not None:
            return f"<RWMutex at {self.home}>"
        readers = self._readers + READERS_MAX if self._readers < 0 else self._readers
        return f"<RWMutex {readers} reading{', a writer' if self._readers < 0 else ''}>"

    # -- for waiters of every kind

    def _lock_for(self, w: G | Waiter) -> Generator[WaitReason, object, None]:
        yield from self._w.lock_for(w)
        readers = self._readers
        self._readers -= READERS_MAX
        self._leaving += readers
        if self._leaving:
            yield from staying(w, self._writer_sema.acquire(w))

    def try_lock_now(self) -> bool:
        """`try_lock` at the home; False on a handle."""
        if self._readers or not self._w.try_now():
            return False
        self._readers = -READERS_MAX
        return True

    def _rlock_for(self, w: G | Waiter) -> Generator[WaitReason, object, None]:
        self._readers += 1
        if self._readers <= 0:
            yield from staying(w, self._reader_sema.acquire(w))

    def try_rlock_now(self) -> bool:
        """`try_rlock` at the home; False on a handle."""
        if self._readers < 0:
            return False
        self._readers += 1
        return True

    def release(self) -> bool:
        """`unlock`; True when a goroutine of this M was given the writers' mutex, and the caller should yield to it."""
        if self.home is not None:
            tell(self.home, FarOp.RW_UNLOCK, None, "unlock")
            return False
        if self._readers >= 0:
            fatal("sync: Unlock of unlocked RWMutex")
        self._readers += READERS_MAX
        for _ in range(self._readers):
            self._reader_sema.release()
        return self._w.release()

    def serve(self, op: FarOp, _arg: object, waiter: Waiter) -> None:
        """Do the operation of a goroutine of another M. Raises FatalError where a local call would."""
        match op:
            case FarOp.RW_LOCK:
                Delegate(waiter, self._lock_for)
            case FarOp.RW_TRY_LOCK:
                waiter.wake(self.try_lock_now())
            case FarOp.RW_UNLOCK:
                self.release()
            case FarOp.RW_RLOCK:
                Delegate(waiter, self._rlock_for)
            case FarOp.RW_TRY_RLOCK:
                waiter.wake(self.try_rlock_now())
            case FarOp.RW_RUNLOCK:
                self.runlock()
            case _:
                raise AssertionError(f"a read-write mutex was asked for {op.name}")


class Reading:
    """`async with rw.read():`"""

    __slots__ = ("lock",)

    def __init__(self, rw: RWMutex) -> None:
        self.lock: Final = rw

    def __aenter__(self) -> Awaitable[None]:
        return DONE if self.lock.try_rlock_now() else self.lock.rlock()

    def __aexit__(self, _kind: object, _error: object, _trace: object) -> Awaitable[None]:
        self.lock.runlock()
        return DONE


class Writing:
    """`async with rw.write():`"""

    __slots__ = ("lock",)

    def __init__(self, rw: RWMutex) -> None:
        self.lock: Final = rw

    def __aenter__(self) -> Awaitable[None]:
        return DONE if self.lock.try_lock_now() else self.lock.lock()

    def __aexit__(self, _kind: object, _error: object, _trace: object) -> Awaitable[None]:
        return goyield() if self.lock.release() else DONE
