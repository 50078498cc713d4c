"""The claim of a select: granted once, by the M where the select is made. Its channels may be anywhere.

Owner.      The M of the goroutine that selects; of a goroutine whose channels all have one other home,
            that home, which then does the whole select as its own and answers once.
Protocol.   A select whose channels have several homes is enlisted at all of them at once. Each home
            looks at its cases in poll order, queues those that are not ready, asks for the claim for
            those that are, and replies at once (the opening). When all have replied the owner grants
            the claim to the first in poll order, so that the choice among ready cases is uniform;
            later whoever asks first gets it. The others are refused, and the select is withdrawn.
Default.    Taken when every home has said that each case was looked at and found not ready, and no
            claim is asked for. The cases wait in their queues until then: at that moment none is ready.
Held.       A match of two selects holds the claim with the smaller id until it has the other. Whoever
            asks for a claim that is held waits in `_line` until it is released or over.
Invariants. `over` is set once. During the opening, and while held, nothing is granted. Everybody in
            line is answered.
Order.      The line is first in, first out; that of the opening is in poll order.
Rejected.   The claim at the first channel's home: each select would have to be looked for there.
Unlike Go.  Go locks all channels of a select at once; selectDone is a word in the G.
Sources.    Go 1.19 runtime/select.go: selectgo.
"""

from collections import deque
from typing import Final, Literal, NamedTuple, cast

from cluster.kernel.deals import PARKED, arrive, ready
from cluster.kernel.far import FarOp, Packed, Partner
from cluster.kernel.g import G, Waiter
from cluster.kernel.sched import Sched
from cluster.kernel.waitq import CLOSED, Case, Failed, Hchan, side
from cluster.model.errors import CannotShipError, SendOnClosedError
from cluster.model.ids import MId, ObjId, ProgramId

NO_CASE: Final = -1  # the position of the default case of a select that another M does


class Selected(NamedTuple):
    """What a select did: the position of the case among its arguments, what was received, and whether it was sent."""

    index: int  # type: ignore[assignment]  # the name hides tuple.index
    value: object
    ok: bool


class _Request(NamedTuple):
    case: Case
    outcome: object
    tentative: bool
    asker: Waiter | None  # None: what is offered needs no answer


def attempt(cases: list[Case], g: G) -> tuple[Case, object] | Literal[False] | None:
    """Do the first case, in this order, that is ready: it and its outcome. False: none is. None: that must be asked."""
    for case in cases:
        if case.ch.home is not None:
            return None
        now = ready(case.ch, g, case.sending)
        if now is None:
            return None
        if now:
            g.val = case.val
            got = arrive(case.ch, g, case.sending)
            assert got is not PARKED, "ready said so"
            g.val = None
            return case, got
    return False


def selected(case: Case | None, outcome: object, default: int) -> Selected:
    """The result of a select that has chosen `case`, or its default case. Raises the panic of the case."""
    if case is None:
        return Selected(default, None, False)
    if isinstance(outcome, Failed):
        raise outcome.error
    if outcome is CLOSED:
        if case.sending:
            raise SendOnClosedError
        return Selected(case.position, case.ch.zero, False)
    return Selected(case.position, None if case.sending else outcome, True)


class Select:
    """A select that waits: its claim."""

    __slots__ = (
        "over", "result", "parked", "_sched", "_program", "_waiter", "_cases", "_default", "_homes", "_opening",
        "_unsettled", "_undecided", "_held", "_line", "_id",
    )  # fmt: skip

    def __init__(
        self, sched: Sched, program: ProgramId, waiter: G | Partner, cases: list[Case], default: int | None
    ) -> None:
        self.over = False
        self.result: tuple[Case | None, object] | None = None  # of a select of a goroutine of this M
        self.parked = False  # whether that goroutine has parked
        self._sched: Final = sched
        self._program: Final = program
        self._waiter: Final = waiter
        self._cases: Final = cases  # in poll order
        self._default: Final = default
        self._homes: dict[MId, ObjId] = {}  # the others, with a channel of each
        self._opening = 0  # how many of these have not replied, and one while this M enlists its own cases
        self._unsettled = 0  # how many homes have cases that they have not decided on
        self._undecided: set[int] = set()  # numbers of such cases of this M
        self._held = False
        self._line: deque[_Request] = deque()
        self._id: ObjId | None = None
        for number, case in enumerate(cases):
            case.enter(self, number)

    def queue(self) -> None:
        """Stand in line at all channels, none of which is ready: pass 2."""
        for case in self._cases:
            side(case.ch, case.sending).put(case)

    def enlist(self) -> None:
        """Go to all homes, this M among them. CannotShipError when a value cannot go: then nothing was done."""
        far = self._sched.far
        groups: dict[MId, list[Case]] = {}
        mine = []
        for case in self._cases:
            if case.ch.home is None:
                mine.append(case)
                self._undecided.add(case.number)
            else:
                groups.setdefault(case.ch.home.home, []).append(case)
                self._homes.setdefault(case.ch.home.home, case.ch.home)
        self._opening = len(groups) + 1
        self._unsettled = len(groups) + bool(mine)
        packed = {
            m: far.pack(self._program, [sent(case, case.number) for case in group]) for m, group in groups.items()
        }
        for m, data in packed.items():
            arg = self.id(), self._default is not None, data
            far.post(self._program, self._homes[m], FarOp.SELECT_ENLIST, arg, _Reply(self))
        for case in mine:
            arrive(case.ch, case, case.sending)
        self.replied(False)

    def replied(self, settled: bool) -> None:
        """A home has looked at its cases; with `settled` none was ready."""
        self._opening -= 1
        if not self._opening:
            self._line = deque(sorted(self._line, key=lambda request: request.case.number))
        self._settled(settled)

    # -- Claim

    @property
    def free(self) -> bool:
        """See `Claim`."""
        return not (self.over or self._held or self._opening)

    def id(self) -> ObjId:
        """See `Claim`. From here on other Ms can name it."""
        if self._id is None:
            self._id = self._sched.far.publish(self._program, self)
        return self._id

    def request(self, case: Case, outcome: object, tentative: bool, asker: Waiter) -> bool | None:
        """See `Claim`."""
        if self.over:
            return False
        if not self.free:
            self._line.append(_Request(case, outcome, tentative, asker))
            return None
        self._grant(case, outcome, tentative)
        return True

    def commit(self, case: Case, outcome: object) -> None:
        """See `Claim`."""
        self._held = False
        self._finish(case, outcome, case.ch.home)

    def release(self) -> None:
        """See `Claim`."""
        self._held = False
        self._go_on()

    def offer(self, case: Case, outcome: object) -> None:
        """See `Claim`."""
        if self.free:
            self._finish(case, outcome, None)
        elif not self.over:
            self._line.append(_Request(case, outcome, False, None))

    def settled(self, case: Case) -> None:
        """See `Claim`."""
        if case.number in self._undecided:
            self._undecided.remove(case.number)
            if not self._undecided:
                self._settled(True)

    def prepare(self, val: object) -> object:
        """See `Claim`."""
        if type(self._waiter) is not G:
            self._sched.far.pack(self._program, val)
        return val

    # -- what other homes say

    def serve(self, op: FarOp, arg: object, waiter: Waiter) -> None:
        """A home asks for the claim, or does something with it."""
        if op is FarOp.SELECT_SETTLED:
            self._settled(True)
        elif op is FarOp.SELECT_RELEASE:
            self.release()
        else:
            number, outcome = cast("tuple[int, object]", arg)
            case = self._cases[number]
            match op:
                case FarOp.SELECT_CLAIM | FarOp.SELECT_HOLD:
                    granted = self.request(case, outcome, op is FarOp.SELECT_HOLD, waiter)
                    if granted is not None:
                        waiter.wake(granted)
                case FarOp.SELECT_COMMIT:
                    self.commit(case, outcome)
                case FarOp.SELECT_OFFER:
                    self.offer(case, outcome)
                case _:
                    raise AssertionError(f"a select was asked for {op.name}")

    # -- parts

    def _settled(self, settled: bool) -> None:
        self._unsettled -= settled
        self._go_on()

    def _go_on(self) -> None:
        """Nothing is held, or somebody has replied: grant what can be granted."""
        while self.free and self._line:
            request = self._line.popleft()
            if request.asker is None:
                self._finish(request.case, request.outcome, None)
            else:
                self._grant(request.case, request.outcome, request.tentative)
                request.asker.wake(True)
        if self.free and self._default is not None and not self._unsettled:
            self._finish(None, None, None)

    def _grant(self, case: Case, outcome: object, tentative: bool) -> None:
        if tentative:
            self._held = True
        else:
            self._finish(case, outcome, case.ch.home)

    def _finish(self, case: Case | None, outcome: object, knows: ObjId | None) -> None:
        """The select is done. `knows`: an object of the home that need not be told."""
        far = self._sched.far
        self.over = True
        for losing in self._cases:
            losing.leave()
        if self._id is not None:
            far.retire(self._id)
        for m, ref in self._homes.items():
            if knows is None or m != knows.home:
                far.post(self._program, ref, FarOp.SELECT_WITHDRAW, self._id)
        if isinstance(outcome, Packed):
            try:
                outcome = far.unpack(self._program, outcome.data)
            except Exception as error:  # the value's own class failed: at the receiver, where it can be seen
                outcome = Failed(error)
        self._wake(case, outcome)
        line, self._line = self._line, deque()
        for request in line:
            if request.asker is not None:
                request.asker.wake(False)

    def _wake(self, case: Case | None, outcome: object) -> None:
        w = self._waiter
        if type(w) is not G:
            answer(w, case, outcome)
            return
        self.result = case, outcome
        if self.parked:
            w.val = self.result
            self._sched.ready(w)


class _Reply:
    """Waits for the reply of a home at which a select was enlisted."""

    def __init__(self, select: Select) -> None:
        self.val: object = None
        self._select: Final = select

    def wake(self, val: object) -> None:
        self._select.replied(bool(val))

    def prepare(self, val: object) -> object:
        return val

    def fail(self, error: Exception) -> None:
        """The home cannot read a value that would be sent: its class fails."""
        select = self._select
        select.offer(select._cases[0], Failed(error))
        select.replied(True)


# -- at the homes of the channels of another M's select


class Enlisted:
    """A select of another M at a home of some of its channels: its claim, as far as is known here."""

    __slots__ = ("over", "_sched", "_program", "_id", "_cases", "_undecided", "_tells")

    def __init__(self, sched: Sched, program: ProgramId, ref: ObjId, cases: list[Case]) -> None:
        self.over = False
        self._sched: Final = sched
        self._program: Final = program
        self._id: Final = ref
        self._cases: Final = cases
        self._undecided = {case.position for case in cases}
        self._tells = False  # whether the owner is told when all are decided
        for case in cases:
            case.enter(self, case.position)

    def enlist(self, tells: bool) -> bool:
        """Look at all cases in poll order; whether all are decided. With `tells`: if not, the owner is told later."""
        self._sched.enlisted[self._id] = self
        for case in self._cases:
            arrive(case.ch, case, case.sending)
        self._tells = tells
        return not self._undecided

    def withdraw(self) -> None:
        """The select is over."""
        if not self.over:
            self.over = True
            del self._sched.enlisted[self._id]
            for case in self._cases:
                case.leave()

    def answered(self, granted: bool, tentative: bool) -> None:
        """Its owner has answered a request."""
        if not (granted and tentative):
            self.withdraw()

    # -- Claim

    @property
    def free(self) -> bool:
        """See `Claim`: its owner must be asked."""
        return False

    def id(self) -> ObjId:
        """See `Claim`."""
        return self._id

    def request(self, case: Case, outcome: object, tentative: bool, asker: Waiter) -> bool | None:
        """See `Claim`."""
        if self.over:
            return False
        op = FarOp.SELECT_HOLD if tentative else FarOp.SELECT_CLAIM
        self._post(op, (case.number, outcome), _Asked(self, tentative, asker))
        return None

    def commit(self, case: Case, outcome: object) -> None:
        """See `Claim`."""
        self._post(FarOp.SELECT_COMMIT, (case.number, outcome))
        self.withdraw()

    def release(self) -> None:
        """See `Claim`."""
        self._post(FarOp.SELECT_RELEASE, None)

    def offer(self, case: Case, outcome: object) -> None:
        """See `Claim`."""
        if not self.over:
            self._post(FarOp.SELECT_OFFER, (case.number, outcome))

    def settled(self, case: Case) -> None:
        """See `Claim`."""
        if case.number in self._undecided:
            self._undecided.remove(case.number)
            if not self._undecided and self._tells and not self.over:
                self._post(FarOp.SELECT_SETTLED, None)

    def prepare(self, val: object) -> object:
        """See `Claim`."""
        return Packed(self._sched.far.pack(self._program, val))

    def _post(self, op: FarOp, arg: object, waiter: Partner | None = None) -> None:
        self._sched.far.post(self._program, self._id, op, arg, waiter)


class _Asked:
    """Waits for the owner's answer to a request."""

    def __init__(self, enlisted: Enlisted, tentative: bool, asker: Waiter) -> None:
        self.val: object = None
        self._enlisted: Final = enlisted
        self._tentative: Final = tentative
        self._asker: Final = asker

    def wake(self, val: object) -> None:
        self._enlisted.answered(bool(val), self._tentative)
        self._asker.wake(val)

    def prepare(self, val: object) -> object:
        return val

    def fail(self, error: Exception) -> None:
        raise AssertionError("a claim is granted or refused") from error


def serve(ch: Hchan, op: FarOp, arg: object, waiter: Waiter) -> None:
    """Do the part of a select of another M that concerns channels of this one, of which `ch` is one."""
    sched, program = ch._sched, ch.program
    assert program is not None
    match op:
        case FarOp.SELECT:
            has_default, sent = cast("tuple[bool, list[_Sent]]", arg)
            cases = [Case(*parts) for parts in sent]
            Select(sched, program, cast("Partner", waiter), cases, NO_CASE if has_default else None).enlist()
        case FarOp.SELECT_ENLIST:
            ref, tells, data = cast("tuple[ObjId, bool, bytes]", arg)
            cases = [Case(*parts) for parts in cast("list[_Sent]", sched.far.unpack(program, data))]
            waiter.wake(Enlisted(sched, program, ref, cases).enlist(tells))
        case FarOp.SELECT_WITHDRAW:
            enlisted = sched.enlisted.get(cast("ObjId", arg))
            if enlisted is not None:
                enlisted.withdraw()
        case _:
            raise AssertionError(f"a channel was asked for {op.name}")


_Sent = tuple[int, Hchan, bool, object]


def sent(case: Case, position: int) -> _Sent:
    """A case as it goes to another M, with the position under which it is spoken of."""
    return position, case.ch, case.sending, case.val


def answer(waiter: Partner, case: Case | None, outcome: object) -> None:
    """Tell a goroutine of another M what the select, that was done for it here, has done."""
    try:
        waiter.wake(tuple(selected(case, outcome, NO_CASE)))
    except (SendOnClosedError, CannotShipError) as error:
        waiter.fail(error)
