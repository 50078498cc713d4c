"""Goroutines that block their M: the P goes on elsewhere, objects of that M are served, and all results are right."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from cluster.wire import frame
from tests.sim import block_programs, cluster
from tests.sim.cluster import World, in_many_worlds

pytestmark = pytest.mark.skipif(not frame.available, reason=frame.why_not)

WORLDS = 20


@pytest.mark.parametrize("chaos", [False, True])
@pytest.mark.parametrize(
    ("main", "n", "result"),
    [
        (block_programs.partners, 8, block_programs.expected_of_partners(8)),
        (block_programs.sleepers, 6, 15),
    ],
)
def test_who_blocks_its_m_holds_up_nobody_else_and_nothing_is_lost(
    rng: Random, monkeypatch: pytest.MonkeyPatch, main: Callable[..., object], n: int, result: int, chaos: bool
) -> None:
    monkeypatch.setattr(cluster, "PROGRAMS", Path(block_programs.__file__))
    handed_off = []

    def check(seed: int) -> None:
        with World(seed, ms=3, procs=2, chaos=chaos) as world:
            assert world.result(world.run(main, n)) == result
            handed_off.append(sum(node.handed_off for node in world.nodes))

    in_many_worlds(rng, WORLDS, check)
    assert sum(handed_off) > WORLDS, "no P was handed off"
