"""Ends of a channel of another M that this M has borrowed; lending.py is the other side, and says why.

Owner.      The handle: its door is here. What was lent to the receiving end lies in the buffer of the handle, where
            `Chan.recv` finds it as in any other; places are counted here.
When.       BORROW_OPS operations in a row that take no longer than BORROW_NS: then the next asks for the end.
Tells.      What was taken, and what was sent, is told of in one message for many: before anything else leaves this M
            that was caused later (`seal`).
Invariants. Whoever waits here for an end waits for nothing else, and is asked for at the home when the end goes back.
            A message of an earlier loan finds another `_loan`, and is passed over.
"""

from collections import deque
from enum import Enum
from typing import Final, cast

from cluster.kernel.deals import PARKED
from cluster.kernel.far import FarOp
from cluster.kernel.g import G, Waiter
from cluster.kernel.parcels import Item, unwrap, wrap
from cluster.kernel.waitq import CLOSED, Hchan
from cluster.model.clock import Instant
from cluster.model.errors import CannotShipError
from cluster.model.ids import ObjId, ProgramId
from cluster.model.limits import BORROW_NS, BORROW_OPS, LEND_MAX


class Away:
    """The door of a handle: the home."""

    def park(self, ch: Hchan, g: G, sending: bool, value: object) -> object:
        """See `Door`. CannotShipError when the value cannot go there: then nothing has happened."""
        assert ch.home is not None
        ch._sched.far.ask(g, ch.home, FarOp.CHAN_SEND if sending else FarOp.CHAN_RECV, value)
        return PARKED


AWAY: Final = Away()


class Ends:
    """The door of a handle whose ends may be borrowed."""

    __slots__ = ("_receives", "_sends")

    def __init__(self) -> None:
        self._receives: Receives | None = None
        self._sends: Sends | None = None

    def park(self, ch: Hchan, g: G, sending: bool, value: object) -> object:
        """See `Door`. CannotShipError when the value cannot go there: then nothing has happened."""
        if sending:
            if self._sends is None:
                self._sends = Sends(ch)
            return self._sends.send(g, value)
        if self._receives is None:
            self._receives = Receives(ch)
        return self._receives.receive(g)

    def closed_here(self) -> None:
        """A goroutine of this M closes the channel: what is sent from now on is sent after that."""
        if self._sends is not None:
            self._sends.lapse()


class State(Enum):
    HOME = "home"  # the end is at the home: each operation is a round trip
    ASKED = "asked"  # this M has asked for it
    LENT = "lent"


class Pace:
    """Whether operations come so fast that an end is worth borrowing."""

    __slots__ = ("_count", "_since")

    def __init__(self) -> None:
        self._count = 0
        self._since = Instant(0)

    def is_fast(self, now: Instant) -> bool:
        """One more, now: whether it and the BORROW_OPS before were fast."""
        if not self._count:
            self._since = now
        self._count += 1
        if self._count <= BORROW_OPS:
            return False
        self._count = 0
        return now - self._since <= BORROW_NS


class Borrower:
    """What both ends have in common: the loan, from the question to the return."""

    __slots__ = ("ch", "home", "program", "state", "loan", "_sending", "_ref", "_pace", "_end")

    def __init__(self, ch: Hchan, sending: bool, end: "Receives | Sends") -> None:
        assert ch.home is not None
        self.ch: Final = ch
        self.home: Final = ch.home
        self.program = ProgramId(-1)
        self.state = State.HOME
        self.loan = 0  # counts them
        self._sending: Final = sending
        self._ref: ObjId | None = None
        self._pace: Final = Pace()
        self._end: Final = end

    def is_due(self, g: G) -> bool:
        """Whether the operation of `g`, at the home as yet, should borrow the end."""
        self.program = g.program.id
        return self._pace.is_fast(self.ch._sched.clock.now())

    def ask(self) -> None:
        """Ask for the end."""
        self.state = State.ASKED
        self.loan += 1
        self._ref = self.ch._sched.far.publish(self.program, self._end)
        self.post(FarOp.CHAN_BORROW, (self._sending, self._ref))

    def post(self, op: FarOp, arg: object) -> None:
        """Ask the home for something; `told` of the end gets the answer, if it is of this loan."""
        self.ch._sched.far.post(self.program, self.home, op, arg, _Reply(self._end, op, self.loan))

    def begin(self) -> None:
        """The end is here."""
        self.state = State.LENT
        self.ch._sched.borrowed[id(self._end)] = self._end

    def end(self) -> None:
        """It is not, any more."""
        self.state = State.HOME
        self.loan += 1
        self.ch._sched.borrowed.pop(id(self._end), None)
        assert self._ref is not None
        self.ch._sched.far.retire(self._ref)


class Receives:
    """The receiving end of a channel of another M."""

    __slots__ = ("_borrower", "_waiting", "_items", "_lent", "_raw", "_asked")

    def __init__(self, ch: Hchan) -> None:
        self._borrower: Final = Borrower(ch, False, self)
        self._waiting: Final[deque[G]] = deque()
        self._items: Final[deque[Item]] = deque()  # lent, and not in the buffer: the first cannot be read
        self._raw: Final[deque[Item]] = deque()  # all that are lent, as they came; those that were taken are the first
        self._asked = False  # for more

    @property
    def program(self) -> ProgramId:
        """See `Borrowed`."""
        return self._borrower.program

    def receive(self, g: G) -> object:
        """What `g` receives now; PARKED when it waits. Raises what reading a value raises."""
        b = self._borrower
        if b.state is State.HOME and not b.is_due(g):
            b.ch._sched.far.ask(g, b.home, FarOp.CHAN_RECV, None)
            return PARKED
        if self._items:  # it could not be read when it came
            item = self._items.popleft()
            self._read()
            return unwrap(b.ch._sched.far, b.program, item)
        self._waiting.append(g)
        if b.state is State.HOME:
            b.ask()
        elif b.state is State.LENT:
            self._ask_more()
        return PARKED

    def _ask_more(self) -> None:
        if not self._asked:
            self._asked = True
            self._borrower.post(FarOp.CHAN_MORE, self._taken())

    def told(self, op: FarOp, answer: object) -> None:
        """The home has answered."""
        b = self._borrower
        if op is FarOp.CHAN_BORROW and not answer:
            b.end()
            for g in self._waiting:
                b.ch._sched.far.ask(g, b.home, FarOp.CHAN_RECV, None)
            self._waiting.clear()
        elif op is FarOp.CHAN_BORROW:
            b.begin()
            self._ask_more()
        else:
            self._asked = False
            if answer is None:
                self._close()
            else:
                self._came(cast("list[Item]", answer))

    def _close(self) -> None:
        """The channel is closed and drained: that it remains."""
        b = self._borrower
        b.end()
        b.ch._closed = True
        self._raw.clear()
        waiting = list(self._waiting)
        self._waiting.clear()
        for g in waiting:
            g.val = CLOSED
            b.ch._sched.ready(g)

    def _came(self, items: list[Item]) -> None:
        self._items.extend(items)
        self._raw.extend(items)
        b = self._borrower
        while self._items and self._waiting:
            g, item = self._waiting.popleft(), self._items.popleft()
            try:
                g.val = unwrap(b.ch._sched.far, b.program, item)
            except Exception as error:
                b.ch._sched.throw(g, error)
            else:
                b.ch._sched.ready(g)
        self._read()
        if self._waiting and items:
            self._ask_more()

    def _read(self) -> None:
        """Put into the buffer what can be read, up to what cannot."""
        b = self._borrower
        while self._items:
            try:
                value = unwrap(b.ch._sched.far, b.program, self._items[0])
            except Exception:  # it is raised at its receiver
                return
            b.ch._buf.append(value)
            self._items.popleft()

    def _taken(self) -> int:
        """How many values have been received since it was asked last."""
        left = len(self._borrower.ch._buf) + len(self._items)
        taken = len(self._raw) - left
        for _ in range(taken):
            self._raw.popleft()
        return taken

    def seal(self) -> None:
        """Tell what has been received."""
        if taken := self._taken():
            b = self._borrower
            b.ch._sched.far.report(b.program, b.home, FarOp.CHAN_TOOK, taken)

    def serve(self, op: FarOp, arg: object, waiter: Waiter) -> None:
        """The home wants the end back."""
        assert op is FarOp.CHAN_RECALL
        b = self._borrower
        self.seal()
        left = list(self._raw)
        for kept in (self._raw, self._items, b.ch._buf):
            kept.clear()
        b.end()
        self._asked = False
        for g in self._waiting:
            b.ch._sched.far.ask(g, b.home, FarOp.CHAN_AGAIN, (False, None))
        self._waiting.clear()
        waiter.wake(left)


class Sends:
    """The sending end of a channel of another M."""

    __slots__ = ("_borrower", "_waiting", "_stash", "_places", "_asked", "_lapsed")

    def __init__(self, ch: Hchan) -> None:
        self._borrower: Final = Borrower(ch, True, self)
        self._waiting: Final[deque[tuple[G, object]]] = deque()  # with what it sends
        self._stash: list[Item] = []  # sent, and not told of
        self._places = 0
        self._asked = False  # for more
        self._lapsed = False  # the channel was closed here

    @property
    def program(self) -> ProgramId:
        """See `Borrowed`."""
        return self._borrower.program

    def send(self, g: G, value: object) -> object:
        """None when `g` has sent; PARKED when it waits. CannotShipError when the value cannot go: nothing happened."""
        b = self._borrower
        if self._lapsed or (b.state is State.HOME and not b.is_due(g)):
            b.ch._sched.far.ask(g, b.home, FarOp.CHAN_SEND, value)
            return PARKED
        if self._places:
            self._stash.append(wrap(b.ch._sched.far, b.program, value))
            self._places -= 1
            if len(self._stash) >= LEND_MAX:
                self.seal()
            return None
        self._waiting.append((g, value))
        if b.state is State.HOME:
            b.ask()
        elif b.state is State.LENT:
            self._ask_room()
        return PARKED

    def lapse(self) -> None:
        """See `Ends.closed_here`."""
        self._lapsed = True

    def _ask_room(self) -> None:
        if not self._asked:
            self._asked = True
            self._borrower.post(FarOp.CHAN_ROOM, None)

    def told(self, op: FarOp, answer: object) -> None:
        """The home has answered."""
        b = self._borrower
        if op is FarOp.CHAN_BORROW and not answer:
            b.end()
            self._wait_at_home(again=False)
        elif op is FarOp.CHAN_BORROW:
            b.begin()
            self._ask_room()
        else:
            self._asked = False
            self._places += cast("int", answer)
            self._let_in()

    def _let_in(self) -> None:
        b = self._borrower
        while self._places and self._waiting:
            g, value = self._waiting.popleft()
            try:
                self._stash.append(wrap(b.ch._sched.far, b.program, value))
            except CannotShipError as error:
                b.ch._sched.throw(g, error)
                continue
            self._places -= 1
            g.val = None
            b.ch._sched.ready(g)
        if self._waiting and b.state is State.LENT:
            self._ask_room()

    def _wait_at_home(self, again: bool) -> None:
        """Who waits here waits there from now on."""
        b = self._borrower
        far = b.ch._sched.far
        for g, value in self._waiting:
            try:
                if again:
                    far.ask(g, b.home, FarOp.CHAN_AGAIN, (True, wrap(far, b.program, value)))
                else:
                    far.ask(g, b.home, FarOp.CHAN_SEND, value)
            except CannotShipError as error:
                b.ch._sched.throw(g, error)
        self._waiting.clear()

    def seal(self) -> None:
        """Tell what has been sent."""
        if self._stash:
            b = self._borrower
            stash, self._stash = self._stash, []
            b.ch._sched.far.report(b.program, b.home, FarOp.CHAN_PUT, stash)

    def serve(self, op: FarOp, arg: object, waiter: Waiter) -> None:
        """The home wants the end back."""
        assert op is FarOp.CHAN_RECALL
        self.seal()
        self._borrower.end()
        self._places, self._asked = 0, False
        self._wait_at_home(again=True)
        waiter.wake([])


class _Reply:
    """Waits for an answer of the home."""

    __slots__ = ("val", "_end", "_op", "_loan")

    def __init__(self, end: Receives | Sends, op: FarOp, loan: int) -> None:
        self.val: object = None
        self._end: Final = end
        self._op: Final = op
        self._loan: Final = loan

    def wake(self, val: object) -> None:
        if self._loan == self._end._borrower.loan:
            self._end.told(self._op, val)

    def prepare(self, val: object) -> object:
        return val

    def fail(self, error: Exception) -> None:
        raise AssertionError("a loan raises nothing") from error
