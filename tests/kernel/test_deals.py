"""Matches that have to ask for a claim, one step at a time: the claims are played by the test."""

from collections.abc import Awaitable, Callable
from typing import cast

import pytest

from cluster.kernel import deals
from cluster.kernel.chan import Chan
from cluster.kernel.g import Waiter
from cluster.kernel.sched import go, gosched
from cluster.kernel.waitq import CLOSED, Case, Failed, Hchan
from cluster.model.errors import CannotShipError, CloseOfClosedError, SendOnClosedError
from cluster.model.ids import MId, ObjId
from tests.fakes import StandIn, run


class FarClaim:
    """The claim of a select of another M: the test grants and refuses."""

    def __init__(self, m: int) -> None:
        self.m = m
        self.over = self.free = False
        self.log: list[object] = []
        self.askers: list[Waiter] = []

    def id(self) -> ObjId:
        return ObjId(MId(self.m), 1)

    def request(self, case: Case, outcome: object, tentative: bool, asker: Waiter) -> bool | None:
        self.log.append(("hold" if tentative else "claim", outcome))
        self.askers.append(asker)
        return None

    def answer(self, granted: bool) -> None:
        self.log.append(granted)
        last = self.log[-2]
        assert isinstance(last, tuple)
        self.over = not granted or last[0] == "claim"
        self.askers.pop(0).wake(granted)

    def commit(self, case: Case, outcome: object) -> None:
        self.log.append(("commit", outcome))
        self.over = True

    def release(self) -> None:
        self.log.append("release")

    def offer(self, case: Case, outcome: object) -> None:
        self.log.append(("offer", outcome))

    def settled(self, case: Case) -> None:
        self.log.append("settled")

    def prepare(self, val: object) -> object:
        if val == "unshippable":
            raise CannotShipError("a test says so")
        return val


class Receiver(StandIn):
    """A plain waiter of another M."""

    def __init__(self, val: object = None) -> None:
        super().__init__()
        self.val = val


def on(c: Chan[int], claim: FarClaim, sending: bool, val: object = None) -> Case:
    """A case of that select comes to the channel."""
    ch = cast("Hchan", c)
    case = Case(0, ch, sending, val).enter(claim, 0)
    assert deals.arrive(ch, case, sending) is deals.PARKED
    return case


def in_main(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """The test is the main goroutine of a program."""

    def runs() -> None:
        run(test)

    runs.__name__ = runs.__qualname__ = test.__name__
    return runs


@in_main
async def test_a_sender_parks_until_the_select_that_waits_has_said_yes() -> None:
    c, select, log = Chan[int](), FarClaim(7), list[str]()
    on(c, select, False)

    async def sends() -> None:
        await c.send(5)
        log.append("sent")

    go(sends)
    await gosched()
    assert select.log == ["settled", ("claim", 5)] and not log
    select.answer(True)
    await gosched()
    assert log == ["sent"]


@in_main
async def test_a_refused_claim_makes_the_channel_look_at_the_next_waiter() -> None:
    c, first, second, plain = Chan[int](), FarClaim(7), FarClaim(8), Receiver()
    on(c, first, False)
    on(c, second, False)
    deals.arrive(cast("Hchan", c), plain, False)
    go(c.send, 5)
    await gosched()
    first.answer(False)
    assert second.log == ["settled", ("claim", 5)]
    second.answer(False)
    assert plain.woken == [5]


@in_main
async def test_a_busy_channel_takes_no_decision_and_then_all_of_them_in_order() -> None:
    c, select, got = Chan[int](2, zero=-1), FarClaim(7), list[object]()
    await c.send(0)
    await c.send(1)
    on(c, select, False)

    async def receives() -> None:
        got.append(await c.recv())

    async def iterates() -> None:
        async for v in c:
            got.append(v)

    for fn in (receives, lambda: c.send(2), receives, iterates):
        go(fn)
        await gosched()
    assert (len(c), repr(c), got) == (2, "<Chan cap=2, 2 buffered>", [])
    c.close()
    with pytest.raises(CloseOfClosedError):
        c.close()
    assert repr(c) == "<Chan cap=2, 2 buffered, closed>"
    with pytest.raises(SendOnClosedError):
        await _answer_and_send(c, select)
    for _ in range(5):
        await gosched()
    assert got == [1, 2]
    assert await c.recv_ok() == (-1, False)


async def _answer_and_send(c: Chan[int], select: FarClaim) -> None:
    go(select.answer, True)
    await c.send(3)


@in_main
async def test_two_selects_are_asked_in_the_order_of_their_ids_whoever_came_first() -> None:
    for sending in (True, False):
        c, small, large = Chan[int](), FarClaim(1), FarClaim(2)
        on(c, large, sending, 5)
        on(c, small, not sending, 5)
        to_small, to_large = (5, None) if sending else (None, 5)
        assert small.log == [("hold", to_small)] and large.log == ["settled"]
        small.answer(True)
        assert large.log == ["settled", ("claim", to_large)]
        large.answer(True)
        assert small.log[2:] == [("commit", to_small)]
        assert deals.ready(cast("Hchan", c), Receiver(), True) is False


@in_main
async def test_what_is_held_is_released_when_the_other_refuses() -> None:
    c, small, large = Chan[int](), FarClaim(1), FarClaim(2)
    on(c, large, True, 5)
    on(c, small, False)
    small.answer(True)
    large.answer(False)
    assert small.log == [("hold", 5), True, "release", "settled"]
    plain = Receiver(6)
    deals.arrive(cast("Hchan", c), plain, True)
    assert small.log[4:] == [("claim", 6)]
    small.answer(True)
    assert plain.woken == [None]


@in_main
async def test_a_place_in_the_buffer_goes_to_the_oldest_sender_before_anything_else() -> None:
    c, select, late = Chan[int](1), FarClaim(7), Receiver(9)
    await c.send(0)
    on(c, select, True, 1)
    assert await c.recv() == 0
    assert select.log == ["settled", ("claim", None)] and len(c) == 0
    assert deals.arrive(cast("Hchan", c), late, True) is deals.PARKED
    select.answer(True)
    assert (len(c), late.woken) == (1, [])
    assert await c.recv() == 1 and late.woken == [None]


@in_main
async def test_a_closed_channel_asks_nobody_and_offers_itself() -> None:
    c, parked, late = Chan[int](), FarClaim(7), FarClaim(8)
    on(c, parked, True, 1)
    c.close()
    on(c, late, False)
    assert parked.log == ["settled", ("offer", CLOSED)]
    assert late.log == [("offer", CLOSED), "settled"]


@in_main
async def test_a_value_that_cannot_leave_its_m_fails_its_sender_and_the_select_waits_on() -> None:
    c, select, sender = Chan[object](), FarClaim(7), FarClaim(8)
    on(cast("Chan[int]", c), select, False)
    with pytest.raises(CannotShipError):
        await c.send("unshippable")
    on(cast("Chan[int]", c), sender, True, "unshippable")
    (op, outcome), _ = sender.log
    assert op == "offer" and isinstance(outcome, Failed)
    assert select.log == ["settled"]
    d, parked = Chan[object](), Receiver("unshippable")
    deals.arrive(cast("Hchan", d), parked, True)
    on(cast("Chan[int]", d), select, False)
    assert [type(error) for error in parked.woken] == [CannotShipError]
    e = Chan[object](1)
    await e.send("unshippable")  # its sender has gone on: the select is told
    late = FarClaim(9)
    on(cast("Chan[int]", e), late, False)
    assert isinstance(late.log[0][1], Failed)


@in_main
async def test_a_select_that_is_over_is_passed_over() -> None:
    c, select = Chan[int](), FarClaim(7)
    on(c, select, False)
    select.over = True
    assert deals.ready(cast("Hchan", c), Receiver(), True) is False
    late = FarClaim(8)
    late.over = True
    on(c, late, True, 1)
    assert late.log == [] and len(c._sendq) == 0
