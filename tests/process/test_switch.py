"""`cluster switch` and the benchmarks that start processes run, and say what they should. How fast, nobody asserts."""

import json

import pytest

from cluster.wire import frame
from tests.process.place import Place

pytestmark = pytest.mark.timeout(60)

IN_ONE_M = ["gosched", "hop", "spawn"]
LEASE = ["lease of a P, asked and granted", "renewal, asked and answered"]
PACKING = ["capture", "pack", "unpack and void", "size"]
REACTIONS = [
    "wake-up of a goroutine on an idle M",
    "retake of the P of a blocked M",
    "preemption of a loop",
    "stop the world, with two hogs",
    "new M",
    "idle: coordinator, 2 Ms and nursery",
]
WHOLE = ["whole move", "on the way", "until it ran"]


def test_switch_prints_positive_numbers_for_each_cost(place: Place) -> None:
    done = place.run("-m", "cluster", "switch", "--quick", "--json")
    assert done.code == 0, done.err
    costs = json.loads(done.out)["costs"]
    assert {"in one M": list(costs["in one M"]), "lease": list(costs["lease"])} == {
        "in one M": IN_ONE_M,
        "lease": LEASE,
    }
    if frame.available:
        kinds = [section for section in costs if section.startswith("packing: ")]
        assert len(kinds) == 3 and all(list(costs[kind]) == PACKING for kind in kinds)
        assert list(costs["from M to M"]) == WHOLE
    assert list(costs["reactions"]) == REACTIONS
    for section in costs.values():
        for name, figure in section.items():
            assert figure["median"] > 0 and figure["samples"] > 0 and len(figure["quartiles"]) == 2, name


@pytest.mark.skipif(not frame.available, reason=frame.why_not)
def test_the_imbalance_benchmark_says_how_each_run_went(place: Place) -> None:
    size = ("--goroutines", "5", "--rounds", "3", "--work-ms", "1", "--repeat", "1")
    done = place.run("-m", "cluster.bench.imbalance", *size, "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert list(told["runs"]) == ["moved", "stayed", "split", "bare"]
    assert all(run["wall"]["median"] > 0 for run in told["runs"].values())
    assert sorted(told["runs"]["stayed"]["runs"][0]["ended"]) == [0, 5]
    assert sum(told["runs"]["moved"]["runs"][0]["ended"]) == 5
    assert len(told["aims"]) == 4
