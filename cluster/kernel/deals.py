"""Matches on one channel: who meets whom, and what happens while a select has to be asked.

Goroutines of this M that wait for one operation are matched by `Chan.send` and `Chan.recv` themselves.
Whoever else takes part (a stand-in, a case of a select) is matched here, by the same rules.

Deal.       A match with a select needs its claim, and the claim of a select of another M is a message
            away. Two selects: both claims, in the order of their ids. The first is only held until the
            second is granted; so whoever waits for a claim holds none but smaller ones, and no ring of
            homes can wait for each other. A refused claim makes the channel look at the next waiter.
Busy.       While a deal waits, its channel takes no other decision: what comes meanwhile stands in line
            at a door. The channel looks like a handle then: its queues and its buffer are put aside,
            so that the operations written out in Chan fall through to where they would park. They pay
            nothing for this.
Invariants. A channel has at most one deal. A value leaves its sender or the buffer in the same step in
            which the last claim is known to be granted.
Order.      Waiters are matched in the order of their queue, and the line at the door in its own. A
            place that comes free in the buffer is taken by the oldest sender before anything else.
Unlike Go.  Go locks all channels of a select, and asks by a compare-and-swap.
Sources.    Go 1.19 runtime/chan.go: send, recv, dequeue; runtime/select.go: selectgo.
"""

from collections import deque
from typing import Any, Final, Protocol, cast

from cluster.kernel.far import Partner
from cluster.kernel.g import G, Waiter
from cluster.kernel.handles import in_turn, wake
from cluster.kernel.waitq import CLOSED, Case, Failed, Hchan, Queue, WaitQ, side
from cluster.model.errors import CannotShipError, CloseOfClosedError
from cluster.model.ids import ObjId


class _Parked:
    """What an operation gives that has to wait."""

    def __repr__(self) -> str:
        return "PARKED"

    def __reduce__(self) -> str:
        return "PARKED"


PARKED: Final = _Parked()
Party = G | Waiter | Case


def arrive(ch: Hchan, w: Party, sending: bool) -> object:
    """What the operation of `w` gives now: a value, None for a send, CLOSED; or PARKED. A value to send is in `w.val`.

    Raises CannotShipError when a value would have to leave this M and cannot: then nothing has happened.
    """
    if ch._door is not None:
        assert isinstance(ch._door, Busy), "a handle has no waiters"
        return ch._door.came(ch, w, sending)
    got = strike(ch, w, sending)
    if ch._sendq:
        settle(ch)
    return got


def ready(ch: Hchan, w: Party, sending: bool) -> bool | None:
    """Whether `arrive` would not park; None when that cannot be known without asking somebody."""
    if ch._door is not None:
        return None
    if ch._closed or (ch._buf and not sending):
        return True
    partner = side(ch, not sending).first(w)
    if partner is None:
        return sending and len(ch._buf) < ch._room
    return None if type(partner) is Case and not partner.claim.free else True


def strike(ch: Hchan, w: Party, sending: bool) -> object:
    """`arrive`, at a channel that is not busy. It may be, afterwards."""
    while True:
        if type(w) is Case and w.claim.over:
            return PARKED
        if ch._closed and (sending or not ch._buf):
            return _offer(w, CLOSED)
        partner = None
        if sending or not ch._buf:
            partner = side(ch, not sending).first(w)
        if partner is None and (len(ch._buf) >= ch._room if sending else not ch._buf):
            side(ch, sending).put(w)
            if type(w) is Case:
                w.claim.settled(w)
            return PARKED
        plain = type(w) is not Case and type(partner) is not Case
        if plain and (sending or partner is None or type(w) is G):
            return _transact(ch, w, partner, sending)
        deal = Deal(ch, w, partner, sending)
        if (error := deal.prepare()) is not None:
            if sending:
                return _offer(w, error)
            assert partner is not None
            side(ch, True).take(partner)
            fail(ch, partner, error)
            continue
        granted = deal.ask()
        if granted:
            return deal.complete()
        if granted is None:
            put_aside(ch, deal)
            return PARKED


def settle(ch: Hchan) -> None:
    """Take all decisions that are due: senders for whom there is room, then who stands at the door."""
    while True:
        door = ch._door
        assert door is None or isinstance(door, Busy), "a handle has nothing to decide"
        if door is not None and door.deal is not None:
            return
        if ch._sendq and len(ch._buf) < ch._room and (sender := side(ch, True).first()) is not None:
            side(ch, True).take(sender)
            _decide(ch, sender, True)
        elif door is None:
            return
        elif door.line:
            w, sending = door.line.popleft()
            if w is None:
                close_now(ch)
            else:
                _decide(ch, w, sending)
        else:
            ch._door = None


def _decide(ch: Hchan, w: Party, sending: bool) -> None:
    """Strike for somebody who is parked."""
    try:
        got = strike(ch, w, sending)
    except CannotShipError as error:
        fail(ch, w, error)
    else:
        if got is not PARKED:
            wake(ch._sched, w, got)


class Keeps(Protocol):
    """Why a channel is put aside, and what may be done there all the same."""

    def park(self, ch: Hchan, g: G, sending: bool, value: object) -> object:
        """See `Door`."""
        ...

    def came(self, ch: Hchan, w: "Party", sending: bool) -> object:
        """What the operation of `w` gives now; PARKED, and it waits."""
        ...

    def close(self, ch: Hchan) -> bool:
        """Close the channel, if that can be done now; else it is to stand in line."""
        ...

    @property
    def away(self) -> int:
        """How many of its values are on other Ms."""
        ...


class Deal:
    """A match with one select or two, until it is decided."""

    __slots__ = ("ch", "w", "partner", "sending", "val", "value", "_claims", "_held")

    def __init__(self, ch: Hchan, w: Party, partner: Party | None, sending: bool) -> None:
        self.ch: Final = ch
        self.w: Final = w
        self.partner: Final = partner  # None: the buffer
        self.sending: Final = sending
        self.val: object = None  # as a Waiter: nothing
        self.value: object = None  # as its receiver gets it
        self._held: Case | None = None
        self._claims = [case for case in (partner, w) if type(case) is Case]
        if not all(case.claim.free for case in self._claims):
            self._claims.sort(key=_place)

    def prepare(self) -> Failed | None:
        """Make the value ready for its receiver. When it cannot leave this M: what its sender gets."""
        receiver = self.partner if self.sending else self.w
        source = self.w if self.sending else self.partner
        value = self.ch._buf[0] if source is None else source.val
        try:
            if type(receiver) is Case:
                value = receiver.claim.prepare(value)
            elif receiver is not None and type(receiver) is not G:
                value = cast("Partner", receiver).prepare(value)
        except CannotShipError as error:
            if self.partner is not None:
                return Failed(error)
            value = Failed(error)  # its sender has gone on: the receiver is told
        self.value = value
        return None

    def ask(self) -> bool | None:
        """Ask for the claims that are left: True, all are granted; False, one is refused; None, wait for `wake`."""
        while self._claims:
            case = self._claims[0]
            tentative = len(self._claims) > 1
            if not tentative and case is self.partner and case.queue is not None:
                self._queue.take(case)  # granted, it is done; refused, it is stale
            granted = case.claim.request(case, self._outcome(case), tentative, self)
            if not granted:
                if granted is False:
                    self._refused()
                return granted
            self._granted()
        return True

    def complete(self) -> object:
        """All claims are granted: the value changes hands. What `w` gets if it is no case of a select."""
        ch, w, partner = self.ch, self.w, self.partner
        if partner is not None and (type(partner) is not Case or partner.queue is not None):
            self._queue.take(partner)
        if self._held is not None:
            self._held.claim.commit(self._held, self._outcome(self._held))
        if partner is not None:
            if type(partner) is not Case:
                wake(ch._sched, partner, self.value if self.sending else None)
        elif self.sending:
            ch._buf.append(w.val)
        else:
            ch._buf.popleft()
        if type(w) is Case:
            return PARKED
        return None if self.sending else self.value

    @property
    def _queue(self) -> WaitQ:
        """Where the partner stands."""
        return side(self.ch, not self.sending)

    def _outcome(self, case: Case) -> object:
        return None if case.sending else self.value

    def _granted(self) -> None:
        case = self._claims.pop(0)
        self._held = case if self._claims else self._held

    def _refused(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.claim.release()

    # -- Keeps: everybody waits

    away: Final = 0

    def park(self, ch: Hchan, g: G, sending: bool, value: object) -> object:
        """See `Door`."""
        g.val = value
        return stand_in_line(ch, g, sending)

    def came(self, ch: Hchan, w: Party, sending: bool) -> object:
        """See `Keeps`."""
        return stand_in_line(ch, w, sending)

    def close(self, ch: Hchan) -> bool:
        """See `Keeps`."""
        return False

    # -- as the waiter for a claim's answer

    def wake(self, val: object) -> None:
        """A claim is granted, or not. Deals that decide each other do so one after the other: no recursion."""
        in_turn(_answers, (self, bool(val)), Deal._answered)

    def _answered(self, granted: bool) -> None:
        ch = self.ch
        bring_back(ch)
        if granted:
            self._granted()
            more = self.ask()
        else:
            self._refused()
            more = False
        if more is None:
            put_aside(ch, self)
            return
        if not more:
            _decide(ch, self.w, self.sending)
        elif (got := self.complete()) is not PARKED:
            wake(ch._sched, self.w, got)
        settle(ch)


def _place(case: Case) -> ObjId:
    """In the order in which claims are asked for."""
    return case.claim.id()


_answers: Final[deque[tuple[Deal, bool]]] = deque()  # the first is being taken; empty between calls


class Busy:
    """The door of a channel that waits for a deal or has lent an end, and what it has put aside."""

    __slots__ = ("line", "deal", "buf", "room", "closed", "recvq", "sendq", "closing")

    buf: deque[Any]
    room: int
    closed: bool
    recvq: Queue
    sendq: Queue

    def __init__(self) -> None:
        self.line: deque[tuple[Party | None, bool]] = deque()  # waiter, whether it sends; None closes
        self.deal: Keeps | None = None  # None while the channel looks like itself again
        self.closing = False

    def park(self, ch: Hchan, g: G, sending: bool, value: object) -> object:
        """See `Door`."""
        if self.deal is not None:
            return self.deal.park(ch, g, sending, value)
        g.val = value
        return stand_in_line(ch, g, sending)

    def came(self, ch: Hchan, w: Party, sending: bool) -> object:
        """See `Keeps`."""
        return stand_in_line(ch, w, sending) if self.deal is None else self.deal.came(ch, w, sending)


def stand_in_line(ch: Hchan, w: Party, sending: bool) -> object:
    """Wait for a decision. PARKED."""
    assert isinstance(ch._door, Busy)
    ch._door.line.append((w, sending))
    return PARKED


def length(ch: Hchan) -> int:
    """How many values a real channel has that nobody has received."""
    door = ch._door
    return len(buffer(ch)) + (door.deal.away if isinstance(door, Busy) and door.deal is not None else 0)


def buffer(ch: Hchan) -> deque[Any]:
    """What a real channel has buffered."""
    door = ch._door
    return door.buf if isinstance(door, Busy) and door.deal is not None else ch._buf


def closed(ch: Hchan) -> bool:
    """Whether a real channel is closed, or will be when its turn comes."""
    door = ch._door
    return ch._closed or (isinstance(door, Busy) and (door.closing or (door.deal is not None and door.closed)))


def put_aside(ch: Hchan, deal: Keeps) -> None:
    """The channel is busy: make it look like a handle."""
    if ch._door is None:
        ch._door = Busy()
    door = ch._door
    assert isinstance(door, Busy) and door.deal is None, "one deal at a time"
    door.deal = deal
    side(ch, True)  # knows the real queues
    door.buf, door.room, door.closed, door.recvq, door.sendq = ch._buf, ch._room, ch._closed, ch._recvq, ch._sendq
    ch._buf, ch._room, ch._closed, ch._recvq, ch._sendq = deque(), 0, False, deque(), deque()


def bring_back(ch: Hchan) -> None:
    """It looks like itself again; `settle` is due."""
    door = ch._door
    assert isinstance(door, Busy) and door.deal is not None
    door.deal = None
    ch._buf, ch._room, ch._closed, ch._recvq, ch._sendq = door.buf, door.room, door.closed, door.recvq, door.sendq


# -- plain waiters


def _transact(ch: Hchan, w: Party, partner: Party | None, sending: bool) -> object:
    """A match without a select; what `w` gets. A receiver for whom the value cannot leave this M stays in line."""
    if partner is None:
        if sending:
            ch._buf.append(w.val)
            return None
        return ch._buf.popleft()
    if sending:
        side(ch, False).take(partner)
        try:
            wake(ch._sched, partner, w.val)
        except CannotShipError:
            ch._recvq.appendleft(partner)
            raise
        return None
    side(ch, True).take(partner)
    value = partner.val
    wake(ch._sched, partner, None)
    return value


def close(ch: Hchan) -> None:
    """Close a real channel; CloseOfClosedError at once. The newest waiter is woken first. Source: closechan."""
    if closed(ch):
        raise CloseOfClosedError
    door = ch._door
    if not isinstance(door, Busy):
        close_now(ch)
    elif door.deal is None or not door.deal.close(ch):
        door.closing = True
        door.line.append((None, False))


def close_now(ch: Hchan) -> None:
    """Close a channel that is not put aside."""
    ch._closed, ch._room = True, 0
    waiters = [*side(ch, False).drain(), *side(ch, True).drain()]
    for w in reversed(waiters):
        if type(w) is Case:
            w.claim.offer(w, CLOSED)
        else:
            wake(ch._sched, w, CLOSED)


def _offer(w: Party, outcome: object) -> object:
    """What needs no partner: what `w` gets if it is no case of a select, to which it is offered."""
    if type(w) is Case:
        w.claim.offer(w, outcome)
        w.claim.settled(w)
        return PARKED
    if isinstance(outcome, Failed):
        raise outcome.error
    return outcome


def fail(ch: Hchan, w: Party, error: Failed | CannotShipError) -> None:
    """Let a waiter go on with an error."""
    reason = error.error if isinstance(error, Failed) else error
    if type(w) is Case:
        w.claim.offer(w, Failed(reason))
        w.claim.settled(w)
    elif type(w) is G:
        ch._sched.throw(w, reason)
    else:
        cast("Partner", w).fail(reason)
