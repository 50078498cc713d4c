"""What shared types do at both ends of a handle: ask and tell the home, and stand there for who asked.

Delegate.   At the home a lock is more than one step: a waiter that was woken competes again, and may
            lose. The steps are a generator, written once. A goroutine of this M runs it inside of its
            own coroutine; for one of another M a `Delegate` runs it, in the same queues, and answers
            when it has come to its end. No step costs a round trip.
Staying.    A goroutine that is woken in the middle of such steps finishes them on this M, where the object
            is. Where waking is the last step it may go elsewhere.
Order.      A delegate that is woken goes on at once, as if its P were idle. Those that wake each
            other go on one after the other, so that a long chain of them is no recursion.
Unlike Go.  In Go there is one memory, and no such ends.
"""

from collections import deque
from collections.abc import Callable, Generator
from typing import Final, TypeVar

from cluster.kernel.far import FarOp
from cluster.kernel.g import G, Waiter, WaitReason
from cluster.kernel.sched import Sched, here
from cluster.model.errors import NotInGoroutineError
from cluster.model.ids import ObjId

T = TypeVar("T")
V = TypeVar("V")

Steps = Generator[WaitReason, object, object]


def ask(sched: Sched, home: ObjId, op: FarOp, arg: object, reason: WaitReason) -> Steps:
    """The steps of a goroutine that parks until the home has answered; the result is the answer."""
    g = caller(sched, op.name)
    sched.far.ask(g, home, op, arg)
    return (yield reason)


def tell(home: ObjId, op: FarOp, arg: object, what: str) -> None:
    """Send what never waits. `what` is the user's name for the call."""
    sched = here(what)
    sched.far.tell(caller(sched, what), home, op, arg)


def demand(home: ObjId, op: FarOp, arg: object, what: str) -> object:
    """Block this M for one round trip; the answer."""
    sched = here(what)
    return sched.far.demand(caller(sched, what), home, op, arg)


def caller(sched: Sched, what: str) -> G:
    """The goroutine that is executing; NotInGoroutineError when there is none."""
    if sched.cur is None:
        raise NotInGoroutineError(what)
    return sched.cur


def wake(sched: Sched, w: G | Waiter, val: object) -> None:
    """Let `w` go on with `val`."""
    if isinstance(w, G):
        w.val = val
        sched.ready(w)
    else:
        w.wake(val)


def staying(w: G | Waiter, steps: Steps) -> Steps:
    """`steps`, which go on with the real object when `w` is woken: until they end, it cannot leave this M."""
    if not isinstance(w, G):
        return (yield from steps)
    before = w.pinned
    w.pinned = before or "it waits for an object of this M"
    try:
        return (yield from steps)
    finally:
        w.pinned = before


def in_turn(due: deque[tuple[T, V]], entry: tuple[T, V], step: Callable[[T, V], None]) -> None:
    """`step` of the entry, and of those that come meanwhile, one after the other: no recursion.

    The first of `due` is the one under way; it is empty between calls.
    """
    due.append(entry)
    if len(due) > 1:
        return  # whoever is at it takes this one next
    try:
        while due:
            step(*due[0])
            due.popleft()
    finally:
        due.clear()


class Delegate(Waiter):
    """Does the steps of an operation for a waiter of another M."""

    __slots__ = ("_steps", "_waiter", "val")

    def __init__(self, waiter: Waiter, steps: Callable[["Delegate"], Steps]) -> None:
        """Begin: `steps` is called with the delegate, which it may queue, and does what it can at once."""
        self.val: object = None
        self._waiter: Final = waiter
        self._steps: Final = steps(self)
        self.wake(None)

    def wake(self, val: object) -> None:
        """Go on from where the steps had to wait."""
        in_turn(_woken, (self, val), Delegate._go_on)

    def _go_on(self, val: object) -> None:
        try:
            self._steps.send(val)
        except StopIteration as end:
            self._waiter.wake(end.value)


_woken: Final[deque[tuple[Delegate, object]]] = deque()  # the first of them is going on; empty between calls
