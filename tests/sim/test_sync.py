"""Locks, contexts and timers that goroutines on several Ms share, under many seeds."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.sim import cluster, sync_programs
from tests.sim.cluster import World, in_many_worlds

WORLDS = 8  # per test; about 20 ms each


@pytest.fixture(autouse=True)
def these_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every M imports sync_programs.py."""
    monkeypatch.setattr(cluster, "PROGRAMS", Path(sync_programs.__file__))


@pytest.mark.parametrize(
    ("main", "args", "expected"),
    [
        (sync_programs.once_for_all, (8,), 1),
        (sync_programs.bounded_queue, (8,), list(range(8))),
        (sync_programs.weights, (12,), "<Semaphore 5 of 5 free, 0 waiting>"),
        (sync_programs.limited, (9,), "number 5"),
        (sync_programs.timers_across, (4,), 4),
    ],
)
def test_a_program_returns_what_it_would_return_on_one_m(
    rng: Random, main: Callable[..., object], args: tuple[object, ...], expected: object
) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=3, procs=3) as world:
            assert world.result(world.run(main, *args)) == expected

    in_many_worlds(rng, WORLDS, check)


@pytest.mark.parametrize("main", [sync_programs.lockers, sync_programs.readers_and_writers])
def test_locks_keep_goroutines_of_all_ms_apart(rng: Random, main: Callable[..., object]) -> None:
    spread: dict[int, None] = {}

    def check(seed: int) -> None:
        with World(seed, ms=3, procs=3) as world:
            ran = world.result(world.run(main, 9))
            assert isinstance(ran, list) and len(ran) == 9
            spread.update(dict.fromkeys(ran))

    in_many_worlds(rng, WORLDS, check)
    assert len(spread) > 1, "all of it was on one M"


@pytest.mark.parametrize(("by_timeout", "err"), [(False, "context canceled"), (True, "context deadline exceeded")])
def test_the_end_of_a_context_is_known_on_each_m_before_its_done_is_seen_closed(
    rng: Random, by_timeout: bool, err: str
) -> None:
    spread: dict[int, None] = {}

    def check(seed: int) -> None:
        with World(seed, ms=3, procs=3) as world:
            ended = world.result(world.run(sync_programs.contexts, 6, by_timeout))
            assert isinstance(ended, list) and {text for text, _ in ended} == {err}
            spread.update(dict.fromkeys(m for _, m in ended))

    in_many_worlds(rng, WORLDS, check)
    assert len(spread) > 1, "all of it was on one M"


def test_unlocking_an_unlocked_mutex_of_another_m_is_fatal_and_no_except_sees_it(rng: Random) -> None:
    def check(seed: int) -> None:
        with World(seed, ms=3, procs=3) as world:
            ended = world.run(sync_programs.unlocked_from_anywhere, 4)
            assert (ended.kind, ended.code) == ("fatal", 2)
            assert ended.text.startswith("fatal error: sync: unlock of unlocked mutex\n")

    in_many_worlds(rng, WORLDS, check)
