"""`select` in whole clusters: real coordinator, real Ms, under many seeds."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from cluster.kernel.dump import DEADLOCK
from tests.sim import cluster, select_programs
from tests.sim.cluster import World, in_many_worlds

WORLDS = 30  # per test; about 30 ms each


@pytest.fixture(autouse=True)
def these_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every M imports select_programs.py."""
    monkeypatch.setattr(cluster, "PROGRAMS", Path(select_programs.__file__))


@pytest.mark.parametrize(
    ("main", "args", "expected"),
    [
        (select_programs.both_sides, (12,), [24, 24]),
        (select_programs.polling, (5,), 5),
        (select_programs.timeouts, (6,), [True] * 6),
    ],
)
def test_a_program_returns_what_it_would_return_on_one_m(
    rng: Random, main: Callable[..., object], args: tuple[object, ...], expected: object
) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=3, procs=3) as world:
            assert world.result(world.run(main, *args)) == expected

    in_many_worlds(rng, WORLDS, check)


def test_a_value_sent_to_one_of_four_channels_of_many_homes_arrives_once(rng: Random) -> None:
    spread = []

    def check(seed: int) -> None:
        with World(seed, ms=4, procs=4) as world:
            result = world.result(world.run(select_programs.double_select, 20))
            assert isinstance(result, tuple)
            assert result[0] == sorted(range(20), key=str)
            spread.append(result[1])

    in_many_worlds(rng, WORLDS, check)
    assert max(spread) > 1


def test_selects_that_wait_for_nobody_are_a_deadlock_and_those_that_are_asked_are_not(rng: Random) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=3, procs=3) as world:
            ended = world.run(select_programs.all_stuck, 6)
            assert (ended.kind, ended.code) == ("fatal", 2)
            first, main, *others = ended.text.rstrip("\n").split("\n\n")
            assert first == DEADLOCK and main.startswith("goroutine 1 [select (no cases)]:\nmain.all_stuck(...)")
            assert len(others) == 6
            assert all("[select]:\nmain.stuck(...)" in other for other in others)

    in_many_worlds(rng, WORLDS, check)
