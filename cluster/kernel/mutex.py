"""sync.Mutex: barging, with a starvation mode.

State.      One number, as in Go: LOCKED, WOKEN, STARVING, and the number of waiters above them. WOKEN:
            a waiter is on its way, `unlock` need not wake another.
Order.      Normal mode: waiters are FIFO, but one that was woken competes with newcomers and with the
            releaser, who usually wins, since it is running. The loser goes back to the front. When it
            loses after more than 1 ms the mutex starves: `unlock` hands over to the oldest waiter and
            yields to it, and newcomers queue at the tail. The last waiter, or one that waited for less
            than 1 ms, ends that.
Yield.      Python cannot switch inside a plain call: leaving `async with` yields at once; `unlock()`
            hands over, and the waiter, in runnext, runs when the caller parks.
Handles.    `_state` of a handle has a value that fits no fast path.
Unlike Go.  No spinning: on one M nobody unlocks while another goroutine spins.
Sources.    Go 1.19 sync/mutex.go: Lock, lockSlow, TryLock, Unlock, unlockSlow.
"""

from collections.abc import Awaitable, Generator
from typing import Final, Self

from cluster.kernel.far import FarOp
from cluster.kernel.g import SEMACQUIRE, G, Waiter, WaitReason
from cluster.kernel.handles import Delegate, ask, caller, staying, tell
from cluster.kernel.parks import DONE, parks
from cluster.kernel.sched import Sched, fatal, goyield, here
from cluster.kernel.sema import Sema
from cluster.model.clock import Instant
from cluster.model.ids import ObjId, ProgramId
from cluster.model.limits import STARVATION_NS

LOCKED: Final = 1
WOKEN: Final = 2
STARVING: Final = 4
WAITER: Final = 8  # one waiter


class Mutex:
    """A lock. Any goroutine may unlock it. Not recursive. One object for goroutines of all Ms."""

    __slots__ = ("_sched", "_state", "_sema", "id", "home", "program", "__weakref__")

    def __init__(self) -> None:
        self._sched: Sched = here("Mutex()")
        self.program: ProgramId | None = caller(self._sched, "Mutex()").program.id  # None on handles
        self._state = 0
        self._sema = Sema(self._sched)
        self.id: ObjId | None = None
        self.home: ObjId | None = None

    @classmethod
    def handle(cls, sched: Sched, home: ObjId) -> Self:
        """A stand-in on this M for the mutex `home` of another."""
        self = cls.__new__(cls)
        self._sched, self.id, self.home = sched, home, home
        self.program = None
        self._state, self._sema = STARVING, Sema(sched)
        return self

    def facts(self) -> tuple[object, ...]:
        """What a handle must know: nothing."""
        return ()

    @parks
    def lock(self) -> Generator[WaitReason, object, None]:
        """Park until the mutex is free, and take it. Source: Lock."""
        if self._state == 0:
            self._state = LOCKED
            return
        sched = self._sched
        if self.home is not None:
            yield from ask(sched, self.home, FarOp.MUTEX_LOCK, None, SEMACQUIRE)
        else:
            yield from self.lock_for(caller(sched, "lock"))

    @parks
    def try_lock(self) -> Generator[WaitReason, object, bool]:
        """Take the mutex if it is free and does not starve; whether it was. Lets nobody else run. Source: TryLock."""
        if self.home is not None:
            return (yield from ask(self._sched, self.home, FarOp.MUTEX_TRY_LOCK, None, SEMACQUIRE)) is True
        return self.try_now()

    def unlock(self) -> None:
        """Set the mutex free; never waits. Fatal when it is free already. Source: Unlock."""
        if self._state == LOCKED:
            self._state = 0
        elif self.home is not None:
            tell(self.home, FarOp.MUTEX_UNLOCK, None, "unlock")
        else:
            self.release()

    def __aenter__(self) -> Awaitable[None]:
        if self._state == 0:
            self._state = LOCKED
            return DONE
        return self.lock()

    def __aexit__(self, _kind: object, _error: object, _trace: object) -> Awaitable[None]:
        if self._state == LOCKED:
            self._state = 0
            return DONE
        return goyield() if self.release() else DONE

    def __repr__(self) -> str:
        if self.home is not None:
            return f"<Mutex at {self.home}>"
        words = ["locked" if self._state & LOCKED else "unlocked"]
        words += ["starving"] if self._state & STARVING else []
        return f"<Mutex {', '.join(words)}, {self._state // WAITER} waiting>"

    # -- for waiters of every kind

    def lock_for(self, w: G | Waiter) -> Generator[WaitReason, object, None]:
        """The steps by which `w` takes the mutex. Source: lockSlow."""
        clock = self._sched.clock
        since: Instant | None = None
        starving = awoke = False
        while True:
            old = new = self._state
            if not old & STARVING:
                new |= LOCKED
            if old & (LOCKED | STARVING):
                new += WAITER
            if starving and old & LOCKED:
                new |= STARVING
            if awoke:
                new &= ~WOKEN
            self._state = new
            if not old & (LOCKED | STARVING):
                return
            front = since is not None
            if since is None:
                since = clock.now()
            yield from staying(w, self._sema.acquire(w, front))
            starving = starving or clock.now() - since > STARVATION_NS
            if self._state & STARVING:  # it was handed over: not LOCKED, and `w` still counts as a waiter
                last = self._state // WAITER == 1
                self._state += LOCKED - WAITER
                if last or not starving:
                    self._state -= STARVING
                return
            awoke = True

    def try_now(self) -> bool:
        """`try_lock` at the home."""
        if self._state & (LOCKED | STARVING):
            return False
        self._state |= LOCKED
        return True

    def release(self) -> bool:
        """`unlock`; True when it was handed to a goroutine of this M, to which the caller should yield."""
        if self.home is not None:
            tell(self.home, FarOp.MUTEX_UNLOCK, None, "unlock")
            return False
        if not self._state & LOCKED:
            fatal("sync: unlock of unlocked mutex")
        self._state -= LOCKED
        if self._state & STARVING:
            return self._sema.release(hand_off=True)
        if self._state >= WAITER and not self._state & WOKEN:
            self._state += WOKEN - WAITER
            self._sema.release()
        return False

    def serve(self, op: FarOp, _arg: object, waiter: Waiter) -> None:
        """Do the operation of a goroutine of another M. Raises FatalError where a local call would."""
        match op:
            case FarOp.MUTEX_LOCK:
                Delegate(waiter, self.lock_for)
            case FarOp.MUTEX_TRY_LOCK:
                waiter.wake(self.try_now())
            case FarOp.MUTEX_UNLOCK:
                self.release()
            case _:
                raise AssertionError(f"a mutex was asked for {op.name}")
