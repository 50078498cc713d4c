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
from typing import NamedTuple, Protocol

from cluster.kernel.g import G, Waiter
from cluster.model.ids import ObjId, ProgramId


class FarOp(IntEnum):
    CHAN_SEND = 1
    CHAN_RECV = 2
    CHAN_CLOSE = 3
    CHAN_LEN = 4
    CHAN_BORROW = 80  # an end of a channel: see lending.py
    CHAN_MORE = 81
    CHAN_TOOK = 82
    CHAN_ROOM = 83
    CHAN_PUT = 84
    CHAN_AGAIN = 85
    CHAN_RECALL = 86  # home → borrower
    WG_ADD = 5
    WG_WAIT = 6
    SELECT = 10  # all of it, at the one home of its channels
    SELECT_ENLIST = 11  # owner → home
    SELECT_WITHDRAW = 12
    SELECT_CLAIM = 13  # home → owner, as those that follow
    SELECT_HOLD = 14
    SELECT_COMMIT = 15
    SELECT_RELEASE = 16
    SELECT_OFFER = 17
    SELECT_SETTLED = 18
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


class Packed(NamedTuple):
    """A value that is ready to leave its M."""

    data: bytes


class Partner(Waiter, Protocol):
    """A waiter of another M, which can take part in a match with a select."""

    def prepare(self, val: object) -> object:
        """`val` ready for `wake`. CannotShipError when it cannot leave this M."""
        ...

    def fail(self, error: Exception) -> None:
        """The operation is done; it raises `error`."""
        ...


class Borrowed(Protocol):
    """An end of a channel that another M has lent: see borrowing.py."""

    @property
    def program(self) -> ProgramId:
        """Whose channel it is."""
        ...

    def seal(self) -> None:
        """Tell the home what was done with it: something that was caused later is about to leave this M."""
        ...


class Lends(Protocol):
    """A channel with an end at another M: see lending.py."""

    @property
    def program(self) -> ProgramId:
        """Whose channel it is."""
        ...

    def feed(self) -> None:
        """Lend what is there: the goroutines of this M have run for a while."""
        ...


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

    def report(self, program: ProgramId, obj: ObjId, op: FarOp, arg: object) -> None:
        """`tell`, of the kernel itself: what cannot fail."""
        ...

    def demand(self, g: G, obj: ObjId, op: FarOp, arg: object) -> object:
        """Send `op` and block this M for one round trip; the answer."""
        ...

    def post(self, program: ProgramId, obj: ObjId, op: FarOp, arg: object, waiter: Partner | None = None) -> None:
        """Send `op` for the kernel itself; `waiter` is woken with the answer, or failed: see `Partner`."""
        ...

    def publish(self, program: ProgramId, obj: Served) -> ObjId:
        """A name by which other Ms can ask `obj`, until it is retired."""
        ...

    def broken(self, program: ProgramId, error: Exception) -> None:
        """A value whose sender has gone on cannot be read here: `error` ends the program."""
        ...

    def retire(self, ref: ObjId) -> None:
        """Forget that name; False is the answer to whoever still asks there."""
        ...

    def pack(self, program: ProgramId, val: object) -> bytes:
        """A value as bytes. CannotShipError when it cannot be pickled."""
        ...

    def unpack(self, program: ProgramId, data: bytes) -> object:
        """The value again. Raises what its class raises."""
        ...


class NoFar:
    """A kernel that is alone, as in tests: it has no handles, so nothing of this can be called."""

    def ask(self, g: G, obj: ObjId, op: FarOp, arg: object) -> None:
        raise AssertionError(f"{obj} is homed elsewhere, and this kernel is alone")

    def tell(self, g: G, obj: ObjId, op: FarOp, arg: object) -> None:
        raise AssertionError(f"{obj} is homed elsewhere, and this kernel is alone")

    def report(self, program: ProgramId, obj: ObjId, op: FarOp, arg: object) -> None:
        raise AssertionError(f"{obj} is homed elsewhere, and this kernel is alone")

    def demand(self, g: G, obj: ObjId, op: FarOp, arg: object) -> object:
        raise AssertionError(f"{obj} is homed elsewhere, and this kernel is alone")

    def post(self, program: ProgramId, obj: ObjId, op: FarOp, arg: object, waiter: Partner | None = None) -> None:
        raise AssertionError(f"{obj} is homed elsewhere, and this kernel is alone")

    def publish(self, program: ProgramId, obj: Served) -> ObjId:
        raise AssertionError(f"nobody can ask {obj}: this kernel is alone")

    def broken(self, program: ProgramId, error: Exception) -> None:
        raise AssertionError("a value came from another M, and this kernel is alone") from error

    def retire(self, ref: ObjId) -> None:
        raise AssertionError(f"nobody can know {ref}: this kernel is alone")

    def pack(self, program: ProgramId, val: object) -> bytes:
        raise AssertionError("a value would leave its M, and this kernel is alone")

    def unpack(self, program: ProgramId, data: bytes) -> object:
        raise AssertionError("a value came from another M, and this kernel is alone")
