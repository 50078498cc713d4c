"""Ends of channels at their home while other Ms have them. Under many seeds: tests/sim/test_streams.py."""

from collections.abc import Callable

import pytest

from cluster.kernel.chan import Chan
from cluster.kernel.lending import Loan
from cluster.kernel.select import default, select
from cluster.model.errors import CannotShipError, SendOnClosedError
from cluster.model.limits import BORROW_OPS
from tests.sim.mesh import Mesh, Node

FEW = BORROW_OPS + 4  # operations after which an end is borrowed


class Grumpy:
    """A value that can be written and not read."""

    def __reduce__(self) -> tuple[object, ...]:
        return int, ("no number",)


class Place:
    """A channel of M 0, and its handles on the others."""

    def __init__(self, cap: int = 64, ms: int = 3, seed: int = 1) -> None:
        self.mesh = Mesh(seed, ms)
        self.home: Node = self.mesh.nodes[0]
        self.ch = self.home.make(lambda: Chan[object](cap, "zero"))
        self.log: list[object] = []

    def at(self, m: int) -> Chan[object]:
        return self.mesh.give(self.ch, self.home, self.mesh.nodes[m])

    def go(self, m: int, fn: Callable[[Chan[object]], object]) -> None:
        """Start a goroutine on M `m`, with the channel as it is there."""
        self.mesh.nodes[m].go(fn, self.at(m) if m else self.ch)

    def run(self) -> list[object]:
        """Let everybody run until nobody can: what was logged meanwhile."""
        self.log.clear()
        self.mesh.run()
        return self.log

    def send(self, m: int, *values: object) -> list[object]:
        async def sends(ch: Chan[object]) -> None:
            for value in values:
                await ch.send(value)
                self.log.append(("sent", value))

        self.go(m, sends)
        return self.run()

    def recv(self, m: int, n: int) -> list[object]:
        async def receives(ch: Chan[object]) -> None:
            for _ in range(n):
                self.log.append(await ch.recv_ok())

        self.go(m, receives)
        return self.run()

    @property
    def loan(self) -> Loan:
        assert isinstance(self.ch._loan, Loan)
        return self.ch._loan

    @property
    def is_lent(self) -> bool:
        return self.loan._sender is not None or self.loan._receiver is not None

    def lend_receiving(self, to: int = 1, left: int = 12) -> None:
        """M `to` has the receiving end, and values in it."""
        self.send(0, *range(FEW + left))
        assert self.recv(to, FEW) == [(n, True) for n in range(FEW)]
        assert self.loan._receiver is not None

    def lend_sending(self, to: int = 1) -> None:
        """M `to` has the sending end; the buffer is empty."""

        async def sends(ch: Chan[object]) -> None:
            for n in range(FEW):
                await ch.send(n)

        self.go(to, sends)
        assert self.recv(0, FEW) == [(n, True) for n in range(FEW)]
        assert self.loan._sender is not None


def test_values_for_another_m_come_many_in_a_message_and_in_order() -> None:
    place = Place(cap=512)
    place.send(0, *range(500))
    before = place.mesh.delivered
    assert place.recv(1, 500) == [(n, True) for n in range(500)]
    assert place.mesh.delivered - before < 2 * FEW + 40


def test_values_from_another_m_come_many_in_a_message_and_in_order() -> None:
    place = Place(cap=512)
    before = place.mesh.delivered
    assert place.send(1, *range(500)) == [("sent", n) for n in range(500)]
    assert place.mesh.delivered - before < 2 * FEW + 40
    assert place.recv(0, 500) == [(n, True) for n in range(500)]


def test_what_is_lent_counts_for_the_capacity_and_for_the_length() -> None:
    place = Place(cap=32)
    place.lend_receiving(left=12)
    assert place.loan._leased and len(place.ch) == 12
    assert len(place.send(0, *range(100, 140))) == 20  # and one more waits
    assert len(place.ch) == 32
    assert place.recv(1, 5) == [*[(n, True) for n in range(FEW, FEW + 5)], *[("sent", 120 + n) for n in range(5)]] or (
        len(place.ch) == 32
    )


def test_places_that_are_lent_are_nobody_elses() -> None:
    place = Place(cap=16)
    place.lend_sending()
    assert len(place.send(1, *range(30))) == 16, "as many as there is room for, and no more"
    assert len(place.ch) == 16


@pytest.mark.parametrize("other", [0, 2])
def test_who_else_wants_to_receive_has_the_end_recalled_and_gets_the_oldest_value(other: int) -> None:
    place = Place()
    place.lend_receiving()
    assert place.recv(other, 2) == [(FEW, True), (FEW + 1, True)]
    assert not place.is_lent
    assert place.recv(1, 2) == [(FEW + 2, True), (FEW + 3, True)]


@pytest.mark.parametrize("other", [0, 2])
def test_who_else_wants_to_send_has_the_end_recalled(other: int) -> None:
    place = Place()
    place.lend_sending()
    place.send(1, "first")
    assert place.send(other, "second") == [("sent", "second")]
    assert not place.is_lent
    assert place.recv(0, 2) == [("first", True), ("second", True)]


def test_who_waits_at_the_borrower_is_served_before_who_comes_later_at_home() -> None:
    place = Place()
    place.lend_receiving(left=0)

    def receives(who: str) -> Callable[[Chan[object]], object]:
        async def receive(ch: Chan[object]) -> None:
            place.log.append((who, await ch.recv()))

        return receive

    place.go(1, receives("first"))
    place.run()
    place.go(0, receives("second"))
    place.run()
    assert sorted(place.send(0, "a", "b"), key=str)[:2] == [("first", "a"), ("second", "b")]


def test_a_select_with_a_default_takes_a_value_that_is_lent_and_no_default() -> None:
    place = Place()
    place.lend_receiving()

    async def tries(ch: Chan[object]) -> None:
        place.log.append(await select(ch.recv(), default))

    place.go(0, tries)
    assert place.run() == [(0, FEW, True)]


def test_a_channel_that_is_closed_gives_what_is_left_and_then_its_zero_value_at_once_everywhere() -> None:
    place = Place()
    place.lend_receiving(left=4)
    place.ch.close()
    assert place.recv(1, 6) == [*[(n, True) for n in range(FEW, FEW + 4)], ("zero", False), ("zero", False)]
    assert place.recv(0, 1) == place.recv(2, 1) == [("zero", False)]
    assert not place.is_lent
    with pytest.raises(SendOnClosedError):
        place.send(1, "late")


def test_what_was_sent_before_the_sending_end_came_back_was_sent_before_the_close() -> None:
    place = Place()
    place.lend_sending()
    place.send(1, "a", "b")
    place.ch.close()
    place.mesh.run()
    assert place.recv(0, 3) == [("a", True), ("b", True), ("zero", False)]
    with pytest.raises(SendOnClosedError):
        place.send(1, "late")


def test_who_waits_to_send_at_the_borrower_panics_when_the_channel_is_closed() -> None:
    place = Place(cap=16)
    place.lend_sending()
    place.send(1, *range(20))
    place.ch.close()
    with pytest.raises(SendOnClosedError):
        place.mesh.run()


def test_a_value_that_cannot_leave_its_m_is_the_error_of_its_receiver_and_the_next_ones_arrive() -> None:
    place = Place()
    place.lend_receiving(left=0)
    place.send(0, "a", (x for x in ()), "b")

    async def receives(ch: Chan[object]) -> None:
        for _ in range(3):
            try:
                place.log.append(await ch.recv())
            except CannotShipError:
                place.log.append("cannot")

    place.go(1, receives)
    assert place.run() == ["a", "cannot", "b"]


def test_a_value_whose_class_fails_where_it_is_read_is_the_error_of_its_receiver() -> None:
    place = Place()
    place.lend_receiving(left=0)
    place.send(0, "a", Grumpy(), "b")

    async def receives(ch: Chan[object]) -> None:
        for _ in range(3):
            try:
                place.log.append(await ch.recv())
            except ValueError:
                place.log.append("grumpy")

    place.go(1, receives)
    assert place.run() == ["a", "grumpy", "b"]


def test_a_value_whose_class_fails_at_the_home_ends_the_program_for_its_sender_has_gone_on() -> None:
    place = Place()
    place.lend_sending()
    place.send(1, "a")
    with pytest.raises(ValueError, match="no number"):
        place.send(1, Grumpy())


def test_an_end_that_was_recalled_is_refused_twice_as_often_each_time() -> None:
    place = Place()
    place.lend_receiving()
    refusals = []
    for _ in range(3):
        place.recv(0, 1)
        refusals.append(place.loan._shy)
        place.loan._shy = 0
        place.send(0, *range(FEW))
        place.recv(1, FEW)
    assert refusals == [1, 2, 4]


def test_an_end_at_which_somebody_waits_is_not_lent() -> None:
    place = Place()
    place.recv(0, 1)

    async def receives(ch: Chan[object]) -> None:
        for _ in range(FEW):
            await ch.recv()

    place.go(1, receives)
    place.run()
    place.send(0, *range(FEW))
    assert place.ch._loan is None or not place.is_lent or len(place.ch) == 0
