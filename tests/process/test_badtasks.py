"""Tasks that go wrong in every way, among others that do not: a short form of the benchmark."""

import pytest

from cluster import Cluster
from cluster.bench.badtasks import KINDS, play

pytestmark = pytest.mark.timeout(120)

ROUNDS = 40


def test_every_bad_task_ends_with_its_error_and_all_good_ones_with_their_values(
    pytestconfig: pytest.Config,
) -> None:
    seed = pytestconfig.option.seed
    with Cluster(procs=2, workers=2) as cluster:
        tally = play(cluster, seed, ROUNDS, print)
    assert tally.wrong == [] and tally.rounds.total() == ROUNDS
    assert len(tally.rounds) > len(KINDS) / 2
