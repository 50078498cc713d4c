"""Ends of channels that are lent from M to M, under many seeds: nothing is lost, doubled, or overtaken."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from cluster.kernel.borrowing import Borrower
from tests.sim import cluster, stream_programs
from tests.sim.cluster import World, in_many_worlds

WORLDS = 5  # per test; some 50 ms each


@pytest.fixture(autouse=True)
def these_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every M imports stream_programs.py."""
    monkeypatch.setattr(cluster, "PROGRAMS", Path(stream_programs.__file__))


@pytest.fixture
def loans(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Every loan that begins: whether it is of a sending end."""
    begun: list[bool] = []
    begin = Borrower.begin

    def counted(self: Borrower) -> None:
        begun.append(self._sending)
        begin(self)

    monkeypatch.setattr(Borrower, "begin", counted)
    return begun


@pytest.mark.parametrize(
    ("main", "args", "expected"),
    [
        (stream_programs.streams, (1, 1, 300, 16), 300),
        (stream_programs.streams, (1, 1, 300, 8), 300),
        (stream_programs.streams, (1, 1, 600, 256), 600),
        (stream_programs.streams, (3, 1, 100, 32), 300),
        (stream_programs.streams, (1, 3, 300, 32), 300),
        (stream_programs.streams, (2, 2, 150, 16), 300),
        (stream_programs.scattered, (6, 120, 16), 720),
        (stream_programs.meddled, (1, 300, 16, 0), 300),
        (stream_programs.meddled, (1, 300, 16, 1), 300),
        (stream_programs.meddled, (2, 150, 32, 2), 300),
        (stream_programs.meddled, (1, 300, 32, 3), 300),
        (stream_programs.tried, (200, 16), 220),
        (stream_programs.tokens, (12, 6, 8), 0),
        (stream_programs.closed_under, (200, 16), "send on closed channel"),
    ],
)
def test_a_program_returns_what_it_would_return_on_one_m(
    rng: Random, main: Callable[..., object], args: tuple[object, ...], expected: object
) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=3, procs=3) as world:
            assert world.result(world.run(main, *args)) == expected

    in_many_worlds(rng, WORLDS, check)


def test_both_kinds_of_ends_are_lent(rng: Random, loans: list[bool]) -> None:
    for _ in range(50):
        with World(rng.getrandbits(32), ms=3, procs=3) as world:
            assert world.result(world.run(stream_programs.scattered, 6, 120, 16)) == 720
        if {False, True}.issubset(loans):
            return
    pytest.fail(f"in fifty worlds the loans were {loans}")
