"""The semaphore under Mutex, RWMutex and Once: a count, and a queue of those who wait for it.

Owner.      The object that it is a part of.
Order.      FIFO, but who has been woken before and lost goes to the front when it asks for that.
            `release` readies the oldest waiter, which then competes for the count with whoever comes
            before it runs; with hand-off it is given the count, as a ticket, and the releaser yields
            to it: it goes to the tail of the ring, and the waiter is in runnext.
Rejected.   Giving the count to the waiter always: it is held until the waiter runs, and each lock of a
            busy mutex would cost a switch.
Unlike Go.  No table of addresses: each semaphore has its queue.
Sources.    Go 1.19 runtime/sema.go: semacquire1, semrelease1, cansemacquire.
"""

from collections import deque
from collections.abc import Generator
from typing import Final

from cluster.kernel.g import SEMACQUIRE, G, Waiter, WaitReason
from cluster.kernel.handles import wake
from cluster.kernel.sched import Sched


class _Ticket:
    """What a waiter is woken with when the count was taken for it."""

    def __repr__(self) -> str:
        return "TICKET"


TICKET: Final = _Ticket()


class Sema:
    """A count that never goes below zero."""

    __slots__ = ("_sched", "_count", "_waiters")

    def __init__(self, sched: Sched) -> None:
        self._sched = sched
        self._count = 0
        self._waiters: deque[G | Waiter] = deque()

    def acquire(self, w: G | Waiter, front: bool = False) -> Generator[WaitReason, object, None]:
        """The steps by which `w` takes one of the count, waiting until it can. `front`: before all others."""
        while True:
            if self._count:
                self._count -= 1
                return
            if front:
                self._waiters.appendleft(w)
            else:
                self._waiters.append(w)
            if (yield SEMACQUIRE) is TICKET:
                return

    def release(self, hand_off: bool = False) -> bool:
        """Add one to the count and wake the oldest waiter; True when the caller should yield to that one."""
        self._count += 1
        if not self._waiters:
            return False
        w = self._waiters.popleft()
        if hand_off and self._count:
            self._count -= 1
            wake(self._sched, w, TICKET)
            return isinstance(w, G)
        wake(self._sched, w, None)
        return False
