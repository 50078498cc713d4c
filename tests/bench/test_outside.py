"""What is read from the tools of others, and when they agree with us."""

import pytest

from cluster.bench import outside
from cluster.bench.outside import Check, checks, of_go_test, of_perf
from cluster.bench.placement import places
from cluster.bench.sampling import Effort, Ladder, Reading, Rung, Sample, Taken, UnavailableError

PERF = """# Running 'sched/pipe' benchmark:
# Executed 1000 pipe operations between two processes

     Total time: 0.003 [sec]

       2.661000 usecs/op
         375798 ops/sec
"""
GO = """goos: linux
BenchmarkGosched \t 1000000\t       180.5 ns/op
PASS
"""


def test_a_hop_is_half_of_an_operation_of_perf() -> None:
    assert of_perf(1000, PERF) == Reading(2000, 2_661_000)
    with pytest.raises(UnavailableError, match="no microseconds"):
        of_perf(1000, "usage: perf")


def test_a_hop_is_half_of_an_operation_of_a_go_benchmark() -> None:
    assert of_go_test(GO) == Reading(2_000_000, 180_500_000)
    with pytest.raises(UnavailableError, match="no benchmark"):
        of_go_test("FAIL")


@pytest.mark.parametrize(
    ("ours", "theirs", "agrees"), [(119, 100, True), (121, 100, False), (100, 121, False), (100, 119, True)]
)
def test_they_agree_when_neither_is_over_a_fifth_more(ours: float, theirs: float, agrees: bool) -> None:
    assert Check("a", "b", ours, theirs).agrees is agrees
    assert Check("a", "b", ours, theirs).describe()["agrees"] is agrees


def ladder(**ns: float) -> Ladder:
    names = {"python": "OS process by pipe, one core", "c": "C: OS process by pipe, one core",
             "perf": "perf bench sched pipe, one core", "threads": "perf bench sched pipe -T, one core",
             "go": "Go: channel hop in an M", "go_test": "go test: channel hop in an M"}  # fmt: skip

    def taken(name: str, cost: float) -> Taken:
        return Taken(Rung(name, outside.perf(places((0,)).all)[0].open), (Sample(Reading(1, int(cost)), ""),))

    return Ladder({names[key]: taken(names[key], cost) for key, cost in ns.items()}, {})


def test_the_tool_of_others_is_held_against_what_has_no_interpreter_in_it() -> None:
    both = checks(ladder(python=2000, c=1000, perf=1100, threads=900, go=200, go_test=210))
    assert [(check.ours, check.theirs, check.agrees) for check in both] == [
        ("C: OS process by pipe, one core", "perf bench sched pipe, one core", True),
        ("Go: channel hop in an M", "go test: channel hop in an M", True),
    ]
    assert [check.ours for check in checks(ladder(python=2000, perf=1100))] == ["OS process by pipe, one core"]
    assert checks(ladder(python=2000)) == []


def test_without_perf_its_rungs_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert [rung.name for rung in outside.perf(places((0, 1)).all)] == [
        "perf bench sched pipe, one core",
        "perf bench sched pipe -T, one core",
    ]
    for rung in outside.perf(places((0, 1)).all):
        with pytest.raises(UnavailableError, match="no perf is on the PATH"), rung.open():
            pass
    assert Effort(1, 1).samples == 1
