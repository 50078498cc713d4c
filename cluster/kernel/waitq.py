"""Who waits at a channel: the queue, and the record of a select in it.

A goroutine that waits for one operation is its own record. One that waits in a select has a `Case` for
each of its channels, in their queues at once, and all of them share one claim: the right to complete
the select, which is granted once. Go's word for such a record is sudog, and for its claim selectDone.

Invariants. A case whose select is over is stale: whoever finds it in a queue passes it over. Whenever
            one becomes stale and more than half of its queue is, the queue is compacted: so leaving
            the queues of the cases that were not chosen costs O(1) each, however many wait there.
Order.      FIFO among those that are not stale.
Rejected.   Taking a losing case out at once: O(n) in a deque. Go's doubly linked list: each plain
            receive and send, which are what is hot, would pay for two links.
Sources.    Go 1.19 runtime/runtime2.go: sudog; runtime/chan.go: waitq, dequeue, dequeueSudoG.
"""

from collections import deque
from typing import Any, Final, NamedTuple, Protocol, Self

from cluster.kernel.g import G, Waiter
from cluster.kernel.sched import Sched
from cluster.model.ids import ObjId, ProgramId


class _Closed:
    """What a waiter is woken with when its channel was closed under it."""

    def __repr__(self) -> str:
        return "CLOSED"

    def __reduce__(self) -> str:
        return "CLOSED"


CLOSED: Final = _Closed()


class Failed(NamedTuple):
    """What a case of a select is completed with when its value cannot cross an M: raised by the select."""

    error: Exception


class Hchan(Protocol):
    """A channel, as matches see it."""

    _sched: Sched
    _buf: deque[Any]  # of its own type
    _room: int
    _closed: bool
    _recvq: "Queue"
    _sendq: "Queue"
    _sides: "tuple[WaitQ, WaitQ] | None"  # made when somebody waits there who is no G of this M: see `side`
    _door: "Door | None"
    _loan: "object | None"  # see lending.py
    program: ProgramId | None
    home: ObjId | None

    @property
    def cap(self) -> int:
        """The size of the buffer."""
        ...

    @property
    def zero(self) -> object:
        """What a closed one gives."""
        ...


class Door(Protocol):
    """Where operations of goroutines of this M go when a channel takes no decision here and now."""

    def park(self, ch: Hchan, g: G, sending: bool, value: object) -> object:
        """What the operation of `g` gives now; PARKED when `g` is to park: it will be readied."""
        ...


class Claim(Protocol):
    """The right to complete one select, as the channels of one M see it."""

    over: bool  # as far as is known here it is still to be had

    @property
    def free(self) -> bool:
        """Whether it can be had at once."""
        ...

    def id(self) -> ObjId:
        """Its place in the order in which two claims are asked for."""
        ...

    def request(self, case: "Case", outcome: object, tentative: bool, asker: Waiter) -> bool | None:
        """Ask to complete the select with `case`, or to hold it. None: the answer comes by `asker.wake`."""
        ...

    def commit(self, case: "Case", outcome: object) -> None:
        """Complete the select that is held."""
        ...

    def release(self) -> None:
        """Give back what is held."""
        ...

    def offer(self, case: "Case", outcome: object) -> None:
        """Complete the select with what needs no partner, unless it is over."""
        ...

    def settled(self, case: "Case") -> None:
        """`case` was not ready when it came: it stands in its queue. Or it has been offered something."""
        ...

    def prepare(self, val: object) -> object:
        """`val` as the outcome of a case that receives. CannotShipError when it cannot leave this M."""
        ...


class Case:
    """One case of a select. It is told apart from a G and from a stand-in by its class."""

    __slots__ = ("position", "ch", "sending", "val", "claim", "number", "queue")

    def __init__(self, position: int, ch: Hchan, sending: bool, val: object) -> None:
        self.position: Final = position  # among the arguments of select
        self.ch: Final = ch
        self.sending: Final = sending
        self.val = val
        self.claim: Claim  # set before it goes anywhere
        self.number = 0  # in poll order
        self.queue: WaitQ | None = None  # in which it stands

    def __reduce__(self) -> tuple[object, ...]:
        """A select that is over, whose goroutine moves to another M: its claim is nobody's concern."""
        return Case, (self.position, self.ch, self.sending, None)

    def enter(self, claim: Claim, number: int) -> Self:
        """Belong to a select."""
        self.claim, self.number = claim, number
        return self

    def wake(self, val: object) -> None:
        """Nobody: a select is completed through its claim."""
        raise AssertionError("a case was woken")

    def leave(self) -> None:
        """The select is over: this record is stale where it stands."""
        queue, self.queue = self.queue, None
        if queue is not None:
            queue.left()


Queue = deque[G | Waiter | Case]


class WaitQ:
    """Those who wait at one end of a channel, oldest first. Not a kind of deque: the interpreter has
    faster calls for the methods of a plain one, and that is what `Chan.send` and `Chan.recv` have.
    """

    __slots__ = ("waiters", "stale")

    def __init__(self, waiters: Queue) -> None:
        self.waiters: Final = waiters
        self.stale = 0  # of those in it

    def put(self, w: G | Waiter | Case) -> None:
        """Stand at the tail."""
        if type(w) is Case:
            w.queue = self
        self.waiters.append(w)

    def first(self, than: G | Waiter | Case | None = None) -> G | Waiter | Case | None:
        """The oldest that is not stale and not of the select of `than`: nobody meets himself. O(1) amortised."""
        waiters = self.waiters
        while waiters and type(w := waiters[0]) is Case and w.claim.over:
            waiters.popleft()
            if w.queue is None:
                self.stale -= 1
            w.queue = None
        for w in waiters:
            if type(w) is not Case or not (w.claim.over or (type(than) is Case and w.claim is than.claim)):
                return w
        return None

    def take(self, w: G | Waiter | Case) -> None:
        """Remove one. O(1) for the head."""
        if self.waiters[0] is w:
            self.waiters.popleft()
        else:
            self.waiters.remove(w)
        if type(w) is Case:
            w.queue = None

    def left(self) -> None:
        """One more is stale."""
        self.stale += 1
        if 2 * self.stale > len(self.waiters):
            kept = [w for w in self.waiters if type(w) is not Case or w.queue is self]
            self.waiters.clear()
            self.waiters.extend(kept)
            self.stale = 0

    def drain(self) -> list[G | Waiter | Case]:
        """Take all that are not stale."""
        kept = [w for w in self.waiters if type(w) is not Case or not w.claim.over]
        for w in self.waiters:
            if type(w) is Case:
                w.queue = None
        self.waiters.clear()
        self.stale = 0
        return kept


def side(ch: Hchan, sending: bool) -> WaitQ:
    """Those who wait to send, or to receive."""
    if ch._sides is None:
        ch._sides = WaitQ(ch._recvq), WaitQ(ch._sendq)
    return ch._sides[sending]
