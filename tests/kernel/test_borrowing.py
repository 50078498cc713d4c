"""Ends of channels that this M has borrowed. What the home does: test_lending.py."""

import pytest

from cluster.kernel.borrowing import AWAY, Ends, Pace, State
from cluster.kernel.chan import Chan
from cluster.kernel.select import default, select
from cluster.model.clock import MILLISECOND, Instant
from cluster.model.errors import SendOnClosedError
from cluster.model.limits import BORROW_NS, BORROW_OPS, LEND_CAP_MIN
from tests.kernel.test_lending import FEW, Place


def test_operations_that_come_fast_are_worth_an_end_and_slow_ones_are_not() -> None:
    fast, slow = Pace(), Pace()
    assert [fast.is_fast(Instant(n)) for n in range(BORROW_OPS + 1)] == [False] * BORROW_OPS + [True]
    assert not any(slow.is_fast(Instant(n * (BORROW_NS // BORROW_OPS + MILLISECOND))) for n in range(100))


def test_small_channels_are_not_borrowed() -> None:
    small, large = Place(cap=LEND_CAP_MIN - 1), Place(cap=LEND_CAP_MIN)
    assert small.at(1)._door is AWAY and isinstance(large.at(1)._door, Ends)


def test_what_was_lent_and_not_received_goes_back_when_the_end_does() -> None:
    place = Place()
    place.lend_receiving(left=10)
    place.recv(1, 1)
    handle = place.at(1)
    assert handle._buf, "some lie here"
    assert place.recv(2, 1) == [(FEW + 1, True)]
    assert not handle._buf and len(place.ch) == 8


def test_a_send_after_a_close_of_the_same_m_panics_though_there_were_places() -> None:
    place = Place()
    place.lend_sending()

    async def closes(ch: Chan[object]) -> None:
        await ch.send("before")
        ch.close()
        with pytest.raises(SendOnClosedError):
            await ch.send("after")
        place.log.append("panicked")

    place.go(1, closes)
    assert place.run() == ["panicked"]
    assert place.recv(0, 2) == [("before", True), ("zero", False)]


def test_what_was_done_here_is_told_before_what_was_caused_later_leaves() -> None:
    """A third M hears of the send, and finds the value."""
    place = Place()
    place.lend_sending()
    bell = place.mesh.nodes[2].make(Chan[object])
    there = place.mesh.give(bell, place.mesh.nodes[2], place.mesh.nodes[1])

    async def sends(ch: Chan[object]) -> None:
        await ch.send("it")
        await there.send("look")

    async def looks(ch: Chan[object]) -> None:
        await bell.recv()
        place.log.append(await select(ch.recv(), default))

    place.go(2, looks)
    place.go(1, sends)
    assert place.run() == [(0, "it", True)]


def test_an_answer_of_an_earlier_loan_is_passed_over() -> None:
    place = Place()
    place.lend_receiving(left=0)

    async def receives(ch: Chan[object]) -> None:
        place.log.append(await ch.recv())

    place.go(1, receives)
    place.go(0, receives)
    place.run()
    assert sorted(map(str, place.send(0, "a", "b"))) == ["('sent', 'a')", "('sent', 'b')", "a", "b"]
    door = place.at(1)._door
    assert isinstance(door, Ends) and door._receives is not None
    assert door._receives._borrower.state is State.HOME
