"""Selects whose channels have other homes. What holds whatever the links do: tests/sim/test_select_claims.py."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from random import Random

import pytest

from cluster.kernel.chan import Chan
from cluster.kernel.far import FarOp
from cluster.kernel.nilchan import nil
from cluster.kernel.sched import go
from cluster.kernel.select import default, select
from cluster.model.errors import CannotShipError, SendOnClosedError
from tests.fakes import StandIn
from tests.sim.mesh import Mesh, Node


class Grumpy:
    """A value that can be written and not read."""

    def __reduce__(self) -> tuple[object, ...]:
        return int, ("no number",)


class Stuck:
    """A value that cannot be written."""

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("it stays here")


class Place:
    """Three Ms. A program runs on the first, and can have channels of all."""

    def __init__(self, seed: int = 1, ms: int = 3) -> None:
        self.mesh = Mesh(seed, ms)
        self.me = self.mesh.nodes[0]

    def chan(self, home: int, cap: int = 0, zero: object = None) -> Chan[object]:
        """A channel of M `home`, as the first M has it."""
        return self.mesh.give(self.real(home, cap, zero), self.mesh.nodes[home], self.me)

    def real(self, home: int, cap: int = 0, zero: object = None) -> Chan[object]:
        node: Node = self.mesh.nodes[home]
        return node.make(lambda: Chan[object](cap, zero))

    def run(self, main: Callable[[], object]) -> list[object]:
        """What main returned, if it did."""
        result = list[object]()

        async def wrapped() -> None:
            result.append(await main())  # type: ignore[misc]

        self.me.go(wrapped)
        self.mesh.run()
        for node in self.mesh.nodes:
            assert not node.homes._partners
            assert all(not s.over for _, s in node.homes._selects.values())  # type: ignore[attr-defined]
        return result


def test_a_select_at_one_other_home_costs_one_round_trip() -> None:
    place = Place()
    a, b = place.chan(1), place.chan(1, 1)

    async def main() -> list[object]:
        before = place.mesh.delivered
        got = [await select(a.recv(), b.send(1)), await select(default, a.recv(), b.send(2), nil.recv())]
        assert place.mesh.delivered - before == 4
        return got

    assert place.run(main) == [[(1, None, True), (0, None, False)]]


@pytest.mark.parametrize("homes", [(1, 1, 1), (1, 2, 1), (0, 1, 2), (0, 0, 1)])
def test_the_choice_among_ready_cases_of_all_homes_is_uniform(homes: tuple[int, ...]) -> None:
    trials = 1500
    place = Place()
    channels = [place.chan(home) for home in homes]

    async def main() -> Counter[int]:
        for c in channels:
            c.close()
        return Counter([(await select(*[c.recv() for c in channels])).index for _ in range(trials)])

    (counts,) = place.run(main)
    assert isinstance(counts, Counter)
    error = 4.891676 * (2 / 9 / trials) ** 0.5  # six nines
    assert all(abs(counts[case] / trials - 1 / 3) < error for case in range(3)), counts


def test_values_go_either_way_and_a_default_is_taken_only_when_nothing_is_ready() -> None:
    place = Place()
    near, a, b = place.chan(0, 1), place.chan(1, 1), place.chan(2, 1, "zero")

    async def main() -> list[object]:
        log = list[object]()
        log.append(await select(near.recv(), a.recv(), b.recv(), default))
        log.append(await select(near.recv(), a.recv(), b.send("b")))
        log.append(await select(near.recv(), a.recv(), b.recv(), default))
        await near.send("near")
        log.append(await select(near.recv(), a.recv(), b.recv(), default))
        b.close()
        log.append(await select(a.recv(), near.recv(), b.recv_ok(), default))
        with pytest.raises(SendOnClosedError):
            await select(near.recv(), a.recv(), b.send(1))
        with pytest.raises(SendOnClosedError):
            await select(b.send(1), default)
        return log

    assert place.run(main) == [
        [(3, None, False), (2, None, True), (2, "b", True), (0, "near", True), (2, "zero", False)]
    ]


def test_a_select_that_waits_at_several_homes_is_completed_by_the_first_that_asks() -> None:
    for seed in range(20):
        place = Place(seed)
        channels = [place.chan(home) for home in (0, 1, 2)]
        away = [
            place.mesh.give(place.mesh.give(c, place.me, node), node, node)
            for c, node in zip(channels, place.mesh.nodes, strict=True)
        ]

        async def main(channels: list[Chan[object]] = channels) -> list[object]:
            return sorted([tuple(await select(*[c.recv() for c in channels])) for _ in channels])

        for i, (c, node) in enumerate(zip(away, place.mesh.nodes, strict=True)):
            node.go(c.send, i)
        assert place.run(main) == [[(0, 0, True), (1, 1, True), (2, 2, True)]]


def test_a_default_is_never_taken_while_one_of_two_channels_is_ready_wherever_they_are() -> None:
    """TestNonblockSelectRace of Go's runtime/chan_test.go, over homes."""
    for seed in range(300):
        place = Place(seed)
        first, second = Random(seed).sample(range(3), 2) if seed % 4 else (1, 1)
        c1, c2, done = place.chan(first, 1), place.chan(second, 1), place.chan(0, 1)
        asker = place.mesh.nodes[2]
        theirs = [place.mesh.give(c, place.me, asker) for c in (c1, c2, done)]

        async def chooses(c1: Chan[object], c2: Chan[object], done: Chan[object]) -> None:
            await done.send((await select(c1.recv(), c2.recv(), default)).index != 2)

        start = partial(asker.go, chooses, *theirs)

        async def main(c1: Chan[object] = c1, c2: Chan[object] = c2, start: Callable[[], object] = start) -> None:
            await c1.send(1)
            start()
            await c2.send(1)
            await select(c1.recv(), default)

        place.run(main)
        assert list(done._buf) == [True], f"seed {seed}"


def test_a_value_that_cannot_leave_its_m_fails_the_select_that_sends_it() -> None:
    place = Place()
    near, a, b = place.chan(0), place.chan(1, 1), place.chan(2, 1)

    async def main() -> None:
        for cases in ([a], [a, b], [near, a, b]):
            with pytest.raises(CannotShipError):
                await select(*[c.send(Stuck()) for c in cases])
        await select(a.send(1), b.send(1))

    assert len(place.run(main)) == 1


@pytest.mark.parametrize("homes", [(1, 1), (1, 2)])
def test_a_sender_whose_value_cannot_leave_its_m_fails_and_the_select_waits_on(homes: tuple[int, int]) -> None:
    place = Place()
    here = [place.real(home) for home in homes]
    channels = [place.mesh.give(c, place.mesh.nodes[home], place.me) for c, home in zip(here, homes, strict=True)]
    failed = list[Exception]()

    async def sends() -> None:
        try:
            await here[0].send(Stuck())
        except CannotShipError as error:
            failed.append(error)
        await here[0].send("text")

    async def main() -> object:
        return await select(*[c.recv() for c in channels])

    place.mesh.nodes[homes[0]].go(sends)
    assert place.run(main) == [(0, "text", True)]
    assert len(failed) == 1


def test_a_value_that_cannot_be_read_fails_the_select_that_gets_it() -> None:
    for homes in ((1, 1), (1, 2)):
        place = Place()
        a, b = (place.chan(home, 1) for home in homes)
        home = place.mesh.nodes[1]
        real = place.mesh.give(a, place.me, home)

        async def sends(real: Chan[object] = real) -> None:
            await real.send(Grumpy())

        async def main(a: Chan[object] = a, b: Chan[object] = b) -> object:
            with pytest.raises(ValueError, match="invalid literal"):
                await select(a.recv(), b.recv())
            return await select(a.recv(), b.recv(), default)

        home.go(sends)
        assert place.run(main) == [(2, None, False)]


def test_a_value_that_cannot_be_read_where_it_is_sent_fails_its_select() -> None:
    place = Place()
    a, b = place.chan(1, 1), place.chan(2)

    async def main() -> object:
        with pytest.raises(ValueError, match="invalid literal"):
            await select(a.send(Grumpy()), b.recv())
        return await select(a.recv(), b.recv(), default)

    assert place.run(main) == [(2, None, False)]


def test_a_home_does_a_whole_select_that_meets_another_select() -> None:
    """Two goroutines of different Ms select on channels of a third."""
    for seed in range(30):
        place = Place(seed)
        a, b, out = place.chan(1), place.chan(1), place.chan(0, 2)
        other = place.mesh.nodes[2]
        a2, b2, out2 = (place.mesh.give(c, place.me, other) for c in (a, b, out))

        async def chooses(a2: Chan[object] = a2, b2: Chan[object] = b2, out2: Chan[object] = out2) -> None:
            await out2.send(tuple(await select(a2.send("x"), b2.recv())))

        async def main(a: Chan[object] = a, b: Chan[object] = b, out: Chan[object] = out) -> object:
            go(out.send, "me")
            mine = await select(a.recv(), b.send("y"))
            return mine, {await out.recv(), await out.recv()}

        other.go(chooses)
        ((mine, said),) = place.run(main)
        assert (tuple(mine), said - {"me"}) in [
            ((0, "x", True), {(0, None, True)}),
            ((1, None, True), {(1, "y", True)}),
        ]


def test_a_home_that_is_asked_for_something_else_says_so() -> None:
    place = Place()
    c = place.real(1)
    with pytest.raises(AssertionError, match="asked for"):
        c.serve(FarOp.WG_ADD, None, StandIn())
