"""Ends of a channel that are lent to other Ms, at its home; borrowing.py is the other side.

Why.        An operation on a channel of another M is a round trip. An M to which an end of a buffered channel is lent
            does many in one: the receiving end is lent with values of the buffer, the sending end with places in it.
Owner.      The home. An end is lent to one M at a time, which then is the only one that uses it. Whoever else wants it,
            also a goroutine of the home, has it recalled, and stands in line until it is back.
Counts.     Values in the buffer, values that are lent, and places that are lent are never more than the capacity. A
            value that is lent counts until its receiver's M has told that it was taken.
Looks.      The channel is put aside, as for a deal: see deals.py. Here is what may be done there meanwhile: receive at
            a channel whose sending end is lent, send at one whose receiving end is.
Order.      Values arrive in the order in which they were sent. Who waited at the borrower comes before who stands in
            line.
Close.      With the sending end away it stands in line: what was sent before the end came back was sent before it.
Shy.        An end that was recalled is not lent again at once: twice as many requests are refused as the last time.
Rejected.   Values that are sent ahead without an exclusive end: another receiver could overtake them.
Unlike Go.  One memory, and no ends. A sender that hears of a close from a third party, before the recall
            reaches its M, may still have a place, and no panic.
"""

from typing import Final, cast

from cluster.kernel.deals import (
    PARKED,
    Busy,
    Party,
    bring_back,
    close_now,
    fail,
    put_aside,
    settle,
    stand_in_line,
)
from cluster.kernel.far import FarOp, Partner
from cluster.kernel.g import G, Waiter
from cluster.kernel.handles import wake
from cluster.kernel.parcels import Item, size, unwrap, wrap_left
from cluster.kernel.waitq import CLOSED, Case, Hchan, Queue
from cluster.model.errors import CannotShipError
from cluster.model.ids import ObjId, ProgramId
from cluster.model.limits import LEND_BYTES_MAX, LEND_MAX, SHY_MAX

OPS: Final = frozenset(range(FarOp.CHAN_BORROW, FarOp.CHAN_RECALL))


def serve(ch: Hchan, op: FarOp, arg: object, waiter: Waiter) -> None:
    """What a borrower, or who wants to be one, asks or tells."""
    if ch._loan is None:
        ch._loan = Loan(ch)
    loan = ch._loan
    assert isinstance(loan, Loan)
    match op:
        case FarOp.CHAN_BORROW:
            waiter.wake(loan.lend(*cast("tuple[bool, ObjId]", arg)))
        case FarOp.CHAN_MORE:
            loan.take(cast("int", arg))
            loan.want_values(cast("Partner", waiter))
        case FarOp.CHAN_TOOK:
            loan.take(cast("int", arg))
        case FarOp.CHAN_ROOM:
            loan.want_places(cast("Partner", waiter))
        case FarOp.CHAN_PUT:
            loan.put(cast("list[Item]", arg))
        case FarOp.CHAN_AGAIN:
            loan.again(*cast("tuple[bool, Item]", arg), waiter)
        case _:
            raise AssertionError(f"a loan was asked for {op.name}")


class Loan:
    """What is lent of one channel. While something is, it is the `deal` of the channel's door."""

    __slots__ = ("_ch", "_receiver", "_leased", "_more", "_sender", "_places", "_room", "_returning", "_shy", "_step")

    def __init__(self, ch: Hchan) -> None:
        self._ch: Final = ch
        self._receiver: ObjId | None = None  # who has the receiving end
        self._leased = 0  # values there
        self._more: Partner | None = None  # waits for values
        self._sender: ObjId | None = None  # who has the sending end
        self._places = 0  # there
        self._room: Partner | None = None  # waits for places
        self._returning = 0  # ends that have been recalled
        self._shy = 0  # requests to refuse
        self._step = 1  # how many the next time

    def lend(self, sending: bool, to: ObjId) -> bool:
        """Lend an end, unless somebody else uses it."""
        ch = self._ch
        if self._shy:
            self._shy -= 1
            return False
        if ch._door is None:
            if not _may_leave(ch._recvq, ch._sendq, sending) or (ch._closed and (sending or not ch._buf)):
                return False
            put_aside(ch, self)
            ch._sched.loans[id(self)] = self
        else:
            aside = self._aside
            if aside.deal is not self or self._returning or aside.line or aside.closed:
                return False
            lent = (self._sender if sending else self._receiver) is not None
            if lent or not _may_leave(aside.recvq, aside.sendq, sending):
                return False
        if sending:
            self._sender = to
        else:
            self._receiver = to
        return True

    @property
    def program(self) -> ProgramId:
        """See `Lends`."""
        assert self._ch.program is not None
        return self._ch.program

    @property
    def _aside(self) -> Busy:
        """What the channel has put aside."""
        door = self._ch._door
        assert isinstance(door, Busy)
        return door

    @property
    def _free(self) -> int:
        """Places that nobody has."""
        return self._aside.room - len(self._aside.buf) - self._leased - self._places

    # -- Keeps

    @property
    def away(self) -> int:
        """See `Keeps`."""
        return self._leased

    def park(self, ch: Hchan, g: G, sending: bool, value: object) -> object:
        """See `Door`."""
        g.val = value
        got = self.came(ch, g, sending)
        if got is not PARKED:
            g.val = None
        return got

    def came(self, ch: Hchan, w: Party, sending: bool) -> object:
        """See `Keeps`."""
        aside = self._aside
        lent = (self._sender if sending else self._receiver) is not None
        if lent or self._returning or type(w) is Case:
            stand_in_line(ch, w, sending)
            self._recall()
            return PARKED
        if sending:
            if aside.closed:
                return CLOSED
            if self._free > 0:
                aside.buf.append(w.val)
                return None
            aside.sendq.append(w)
            return PARKED
        if aside.buf:
            return aside.buf.popleft()
        aside.recvq.append(w)
        return PARKED

    def close(self, ch: Hchan) -> bool:
        """See `Keeps`."""
        if self._sender is not None or self._returning:
            self._recall()
            return False
        bring_back(ch)
        close_now(ch)
        put_aside(ch, self)
        return True

    # -- what borrowers say

    def want_values(self, waiter: Partner) -> None:
        """The receiver's M has none left."""
        if self._returning:
            waiter.wake([])
        else:
            self._more = waiter

    def want_places(self, waiter: Partner) -> None:
        """The sender's M has none left."""
        if self._returning:
            waiter.wake(0)
        else:
            self._room = waiter

    def take(self, taken: int) -> None:
        """So many of the values that are lent have been received: there is room for as many."""
        self._leased -= taken
        aside = self._aside
        while aside.sendq and self._free > 0:
            w = aside.sendq.popleft()
            aside.buf.append(w.val)
            w.val = None
            wake(self._ch._sched, w, None)

    def put(self, items: list[Item]) -> None:
        """Values were sent, each to a place that was lent."""
        ch, aside = self._ch, self._aside
        self._places -= len(items)
        for value in self._read(items):
            if aside.buf or not aside.recvq:  # who waits beside a full buffer has just come back with it
                aside.buf.append(value)
                continue
            w = aside.recvq.popleft()
            try:
                wake(ch._sched, w, value)
            except CannotShipError as error:
                fail(ch, w, error)  # its sender has gone on

    def again(self, sending: bool, item: Item, waiter: Waiter) -> None:
        """Somebody waits at the M from which an end comes back: before all who stand in line here."""
        waiter.val = next(iter(self._read([item])), None)
        (self._aside.sendq if sending else self._aside.recvq).append(waiter)

    def _read(self, items: list[Item]) -> list[object]:
        """The values. One whose own class fails here ends the program: its sender has gone on."""
        ch, values = self._ch, list[object]()
        for item in items:
            try:
                values.append(unwrap(ch._sched.far, self.program, item))
            except Exception as error:
                ch._sched.far.broken(self.program, error)
        return values

    # -- what is lent

    def feed(self) -> None:
        """Lend what is there to who waits for it. Called when the goroutines of this M have run for a while."""
        aside = self._aside
        if self._more is not None and aside.buf:
            items = self._values()
            self._leased += len(items)
            more, self._more = self._more, None
            more.wake(items)
        elif self._more is not None and aside.closed:
            more, self._more, self._receiver = self._more, None, None
            more.wake(None)
            self._end()
            return
        if self._room is not None and self._free > 0:
            places = min(-(-self._free // 2), LEND_MAX)
            self._places += places
            room, self._room = self._room, None
            room.wake(places)

    def _values(self) -> list[Item]:
        """The oldest of the buffer: at most half of what there can be, so that both ends have something to do."""
        ch, buf = self._ch, self._aside.buf
        items: list[Item] = []
        left = LEND_BYTES_MAX
        for _ in range(min(len(buf), max(1, ch.cap // 2), LEND_MAX)):
            items.append(wrap_left(ch._sched.far, self.program, buf.popleft()))
            left -= size(items[-1])
            if left <= 0:
                break
        return items

    # -- the way back

    def _recall(self) -> None:
        ch = self._ch
        if self._returning:
            return
        self._shy, self._step = self._step, min(2 * self._step, SHY_MAX)
        more, room, self._more, self._room = self._more, self._room, None, None
        if more is not None:
            more.wake([])
        if room is not None:
            room.wake(0)
        for sending, borrower in ((False, self._receiver), (True, self._sender)):
            if borrower is not None:
                self._returning += 1
                ch._sched.far.post(self.program, borrower, FarOp.CHAN_RECALL, None, _Returned(self, sending))

    def returned(self, sending: bool, left: list[Item]) -> None:
        """An end is back. `left`: values that nobody there has received."""
        if sending:
            self._sender, self._places = None, 0
        else:
            self._receiver, self._leased = None, 0
            self._aside.buf.extendleft(reversed(self._read(left)))
        self._returning -= 1
        if not self._returning:
            self._end()

    def _end(self) -> None:
        """Nothing is lent any more: the channel decides again."""
        ch = self._ch
        if self._sender is not None or self._receiver is not None:
            return
        del ch._sched.loans[id(self)]
        bring_back(ch)
        while ch._recvq and (ch._buf or ch._closed):
            w = ch._recvq.popleft()
            try:
                wake(ch._sched, w, ch._buf.popleft() if ch._buf else CLOSED)
            except CannotShipError as error:
                fail(ch, w, error)
        settle(ch)


def _may_leave(recvq: Queue, sendq: Queue, sending: bool) -> bool:
    """Nobody waits at this end; and no select at the other, for a match with it is a deal, and needs both ends."""
    mine, other = (sendq, recvq) if sending else (recvq, sendq)
    return not mine and not any(type(w) is Case for w in other)


class _Returned:
    """Waits for an end that was recalled."""

    __slots__ = ("val", "_loan", "_sending")

    def __init__(self, loan: Loan, sending: bool) -> None:
        self.val: object = None
        self._loan: Final = loan
        self._sending: Final = sending

    def wake(self, val: object) -> None:
        self._loan.returned(self._sending, cast("list[Item]", val))

    def prepare(self, val: object) -> object:
        return val

    def fail(self, error: Exception) -> None:
        raise AssertionError("an end comes back") from error
