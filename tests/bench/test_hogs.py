"""A small run of the hogs: every result is right, whatever was in progress when the M was taken away."""

from cluster.bench.hogkinds import KINDS
from cluster.bench.hogs import EACH, Outcome, hogs


def test_all_kinds_of_hogs_come_to_the_right_result() -> None:
    outcome = hogs(preemptions=300, period_us=300)
    assert outcome.right, outcome
    assert outcome.preemptions >= 300 and outcome.results % (EACH * len(KINDS)) == 0 and outcome.results > 0
    assert len(KINDS) == 17
    assert outcome.refusals["not at a back edge"] > 0 and outcome.refusals["the garbage collector runs"] > 0


def test_one_wrong_result_is_enough() -> None:
    assert Outcome().right and not Outcome(wrong={"recursion": 1}).right
