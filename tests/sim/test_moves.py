"""Started goroutines that go from M to M while they talk to each other."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from cluster.model.ids import ProgramId
from cluster.wire import frame
from tests.sim import cluster, move_programs, programs
from tests.sim.cluster import World, in_many_worlds

pytestmark = pytest.mark.skipif(not frame.available, reason=frame.why_not)

WORLDS = 20
LOG = ["enter", "finally", "leave"]


@pytest.mark.parametrize(
    ("main", "n", "results"),
    [
        (move_programs.locks, 12, (36,)),
        (move_programs.selects, 8, (16 * 55,)),
        (move_programs.conds, 20, (2 * 190,)),
    ],
)
def test_whoever_moves_in_the_middle_of_an_operation_finishes_it(
    rng: Random, monkeypatch: pytest.MonkeyPatch, main: Callable[..., object], n: int, results: tuple[object, ...]
) -> None:
    monkeypatch.setattr(cluster, "PROGRAMS", Path(move_programs.__file__))
    moved = []

    def check(seed: int) -> None:
        with World(seed, ms=3, procs=2, chaos=True) as world:
            assert world.result(world.run(main, n)) in results
            moved.append(world.moved)

    in_many_worlds(rng, WORLDS, check)
    assert sum(moved) > 2 * WORLDS, "nothing has moved"


def test_all_of_the_language_moves_and_each_finally_runs_once(rng: Random, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PROGRAMS", Path(move_programs.__file__))
    moved = []

    def check(seed: int) -> None:
        with World(seed, ms=3, procs=2, chaos=True) as world:
            said = world.result(world.run(move_programs.languages, 12))
            moved.append(world.moved)
        # 1 for the size of the log; squares 0, 1, 4 and i, i+1, i+2; depths 3 and 12; the key i
        assert isinstance(said, list)
        assert sorted(said) == [(i, (1 + 5 + 3 * i + 3 + 15 + i, "KeyError", LOG)) for i in range(12)]

    in_many_worlds(rng, WORLDS, check)
    assert sum(moved) > 2 * WORLDS, "nothing has moved"


def test_the_end_of_a_context_is_known_where_a_goroutine_arrives_that_has_seen_it(
    rng: Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "PROGRAMS", Path(move_programs.__file__))
    spread: dict[int, None] = {}

    def check(seed: int) -> None:
        with World(seed, ms=3, procs=2, chaos=True) as world:
            ended = world.result(world.run(move_programs.canceller, 6))
            assert isinstance(ended, list) and {text for text, _ in ended} == {"context canceled"}
            spread.update(dict.fromkeys(m for _, m in ended))

    in_many_worlds(rng, WORLDS, check)
    assert len(spread) == 3


def test_what_chats_does_not_move(rng: Random) -> None:
    with World(rng.getrandbits(32), ms=3, procs=3, chaos=False) as world:
        world.run(programs.pipeline, 4, 50, 0)
        assert world.moved == 0


def test_goroutines_that_compute_leave_an_m_that_has_too_many(rng: Random) -> None:
    """All have started before there is a second M."""

    def check(seed: int) -> None:
        with World(seed, ms=1, procs=2, chaos=False) as world:
            world.start(programs.steady, 8, 40)
            world.until(lambda: len(world.nodes[0].machine.sched.globrunq) >= 7)
            world.add_node()
            got = world.result(world.finish(ProgramId(1)))
            assert isinstance(got, list) and len({m for _, m in got}) == 2
            assert sorted(i for i, _ in got) == list(range(8)) and world.moved > 0

    in_many_worlds(rng, 10, check)
