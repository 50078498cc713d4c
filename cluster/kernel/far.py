"""The seam through which the kernel reaches objects whose home is another M, and is reached from there.

A handle (an object with `home` set) asks and tells; at the home `serve` does the same to the real
object, with a waiter that stands for the remote G.

Owner.      The home M owns the object; all others have handles. Who implements `Far` owns the links.
Invariants. A G that asked is parked until its answer, and is readied once. Operations are numbers
            because they cross the wire: they are the protocol's, and never used again for another.
Order.      What one goroutine asks and tells of one home arrives there in that order.
Unlike Go.  In Go there is one memory, and no such seam.
"""

from enum import IntEnum
from typing import Protocol

from cluster.kernel.g import G, Waiter
from cluster.model.ids import ObjId, ProgramId


class FarOp(IntEnum):
    CHAN_SEND = 1
    CHAN_RECV = 2
    CHAN_CLOSE = 3
    CHAN_LEN = 4
    WG_ADD = 5
    WG_WAIT = 6
    MUTEX_LOCK = 20
    MUTEX_TRY_LOCK = 21
    MUTEX_UNLOCK = 22
    RW_LOCK = 30
    RW_TRY_LOCK = 31
    RW_UNLOCK = 32
    RW_RLOCK = 33
    RW_TRY_RLOCK = 34
    RW_RUNLOCK = 35
    ONCE_ENTER = 40
    ONCE_LEAVE = 41
    COND_ADD = 45
    COND_WAIT = 46
    COND_SIGNAL = 47
    COND_BROADCAST = 48
    SEMAPHORE_ACQUIRE = 50
    SEMAPHORE_TRY_ACQUIRE = 51
    SEMAPHORE_RELEASE = 52
    ERRGROUP_ADD = 55
    ERRGROUP_ENTER = 56
    ERRGROUP_LEAVE = 57
    ERRGROUP_WAIT = 58
    CONTEXT_CANCEL = 60
    CONTEXT_WATCH = 61
    TIMER_STOP = 70
    TIMER_RESET = 71


class Served(Protocol):
    """A real object at its home, as the messages of other Ms find it."""

    def serve(self, op: FarOp, arg: object, waiter: Waiter) -> None:
        """Do `op` for `waiter`, which is woken now or later. Raises Panic where a local call would."""
        ...


class Far(Protocol):
    """What an M offers to its kernel for objects homed elsewhere."""

    def ask(self, g: G, obj: ObjId, op: FarOp, arg: object) -> None:
        """Send `op` to the home. `g` is about to park; it is readied with the answer in `val`."""
        ...

    def tell(self, g: G, obj: ObjId, op: FarOp, arg: object) -> None:
        """Send `op`, which never waits. What this M causes later at other Ms comes after it."""
        ...

    def demand(self, g: G, obj: ObjId, op: FarOp, arg: object) -> object:
        """Send `op` and block this M for one round trip; the answer."""
        ...

    def post(self, program: ProgramId, obj: ObjId, op: FarOp, arg: object, waiter: Waiter | None = None) -> None:
        """Send `op` for the kernel itself; `waiter` is woken with the answer."""
        ...


class NoFar:
    """A kernel that is alone, as in tests: it has no handles, so nothing of this can be called."""

    def ask(self, g: G, obj: ObjId, op: FarOp, arg: object) -> None:
        raise AssertionError(f"{obj} is homed elsewhere, and this kernel is alone")

    def tell(self, g: G, obj: ObjId, op: FarOp, arg: object) -> None:
        raise AssertionError(f"{obj} is homed elsewhere, and this kernel is alone")

    def demand(self, g: G, obj: ObjId, op: FarOp, arg: object) -> object:
        raise AssertionError(f"{obj} is homed elsewhere, and this kernel is alone")

    def post(self, program: ProgramId, obj: ObjId, op: FarOp, arg: object, waiter: Waiter | None = None) -> None:
        raise AssertionError(f"{obj} is homed elsewhere, and this kernel is alone")
