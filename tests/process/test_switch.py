"""`cluster switch` and the benchmarks that start processes run, and say what they should. How fast, nobody asserts."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

import pytest

from cluster.bench import parties, sweeps
from cluster.bench.lease import Line
from cluster.bench.sampling import Effort, Ladder
from cluster.bench.switching import Outcome, Plan, Progress, run
from cluster.launch.embedded import Embedded
from cluster.wire import frame
from tests.process.place import Place

pytestmark = pytest.mark.timeout(240)  # they are many processes, and other tests run beside them

LEAST = Effort(1, 2)  # two samples, each as short as it can be
TWO_CORES = len(os.sched_getaffinity(0)) > 1
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


def measured(*parts: str) -> Outcome:
    return run(Plan(parts, quick=True, seed=1, sampling=LEAST), Progress(), print)


def check(ladder: Ladder, names: Sequence[str]) -> None:
    assert set(names) <= ladder.taken.keys() | ladder.left_out.keys()
    for name in names:
        assert name not in ladder.left_out, ladder.left_out
        assert len(ladder.taken[name].samples) == 2 and ladder.taken[name].raw.minimum > 0


def test_every_rung_within_a_thread_gives_samples(place: Place) -> None:
    outcome = measured("light")
    assert outcome.ladder.left_out == {}
    names = ["function call", "generator send", "asyncio task switch", "greenlet switch", "goroutine yield in an M"]
    check(outcome.ladder, [*names, "channel hop in an M", "preemption of a goroutine"])
    if shutil.which("go"):
        check(outcome.ladder, ["Go: goroutine yield in an M", "go test: channel hop in an M"])


@pytest.mark.parametrize("part", ["system", "floor"])
def test_every_rung_of_the_system_gives_samples(place: Place, part: str) -> None:
    outcome = measured(part)
    left_out = outcome.ladder.left_out
    assert {why.partition(":")[0] for why in left_out.values()} <= {"no perf is on the PATH"}
    where = ["one core", "two cores"] if TWO_CORES else ["one core"]
    if part == "system":
        check(
            outcome.ladder,
            [f"OS {what}, {core}" for core in where for what in ("process by pipe", "thread by condition")],
        )
    elif shutil.which("cc"):
        check(
            outcome.ladder,
            [f"C: OS {what}, {core}" for core in where for what in ("process by pipe", "thread by futex")],
        )


def test_a_hop_and_a_lease_go_from_m_to_m(place: Place) -> None:
    outcome = measured("ms")
    assert outcome.ladder.left_out == {}
    check(outcome.ladder, ["hop from M to M, one core", "lease handed from M to M, one core"])


def test_both_sweeps_have_all_their_points(place: Place) -> None:
    curves = sweeps.curves(measured("sweeps").swept)
    assert [len(points) for _, points in curves.values()] == [len(sweeps.PARTIES), len(sweeps.KIBS)]


def test_a_ring_of_python_is_measured_where_there_is_no_compiler(place: Place) -> None:
    command = [sys.executable, "-I", "-S", parties.__file__, "ring", "-1", "-1", "5", "16"]
    answered = subprocess.run(command, input="7\n5\n", capture_output=True, text=True, timeout=60, check=True).stdout
    assert [int(line.split()[0]) for line in answered.splitlines()] == [10, 5]


def test_a_p_goes_to_and_fro_between_two_ms(place: Place) -> None:
    embedded = Embedded(procs=1, workers=1)
    try:
        for _ in range(2):
            line, ticks = Line(embedded.address), iter(range(100))
            assert [line.handed(lambda ticks=ticks: next(ticks)) for _ in range(5)] == [1] * 5
            line.leave()
    finally:
        embedded.close()


def test_the_command_prints_what_it_measured(place: Place) -> None:
    done = place.run("-m", "cluster", "switch", "--quick", "--json", "--part", "sweeps")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["machine"]["seed"] == told["protocol"]["seed"] and told["ladder"] == told["costs"] == {}
    for name, rung in told["sweeps"].items():
        assert len(rung["samples"]) == 11 and all(sample["ns"] > 0 for sample in rung["samples"]), name


def test_the_steps_of_the_scheduler_have_figures(place: Place) -> None:
    costs = measured("steps").sections
    assert list(costs["in one M"]) == ["gosched", "hop", "spawn"] and list(costs["lease"]) == LEASE
    if frame.available:
        kinds = [section for section in costs if section.startswith("packing: ")]
        assert len(kinds) == 3 and all(list(costs[kind]) == PACKING for kind in kinds)
        assert list(costs["from M to M"]) == WHOLE
    assert list(costs["reactions"]) == REACTIONS and "parked goroutine" in costs["memory"]
    for section in costs.values():
        assert all(figure.median > 0 for figure in section.values()), section


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
