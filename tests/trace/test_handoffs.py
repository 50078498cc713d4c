"""Calls that blocked, found in the steps of a trace whatever the order in which they came."""

from random import Random

from cluster.model.ids import MId, PId
from cluster.trace.handoffs import HANDED_OFF, Stay, calls, holdings, without_calls
from cluster.wire.messages import Span, Step

# G7 blocks M0; P0 goes to M2, which is made; G7 is back and gets P1. G5 blocks M2, which keeps its P.
STEPS = [
    Step("MStart", 0, 0, -1, -1, "pid=10"),
    Step("ProcStart", 1, 0, 0, -1, "epoch=1"),
    Step("GoSysBlock", 10, 0, 0, 7, ""),
    Step("Retake", 11, 0, 0, -1, "blocked"),
    Step("ProcStop", 12, 0, 0, -1, HANDED_OFF),
    Step("NewM", 12, -1, -1, -1, ""),
    Step("MStart", 20, 2, -1, -1, "pid=12"),
    Step("ProcStart", 21, 2, 0, -1, "epoch=2"),
    Step("GoSysBlock", 30, 2, 0, 5, ""),
    Step("GoSysExit", 40, 2, 0, 5, ""),
    Step("GoSysExit", 90, 0, -1, 7, ""),
    Step("ProcWant", 91, 0, -1, -1, ""),
    Step("ProcStart", 95, 0, 1, -1, "epoch=1"),
]


def span(m: int, goid: int, start: int, end: int, p: int = 0) -> Span:
    return Span(MId(m), PId(p), goid, "main.f", 0, start, end)


def test_a_call_knows_who_took_the_p_and_how_it_came_back() -> None:
    shuffled = list(STEPS)
    Random(1).shuffle(shuffled)
    first, second = calls(shuffled)
    assert first.blocks.goid == 7 and first.leaves == STEPS[4]
    assert first.taken == STEPS[7] and first.made == STEPS[6]
    assert first.back == STEPS[10] and first.resumes == STEPS[12]
    assert second.blocks.goid == 5 and second.back == STEPS[9]
    assert (second.leaves, second.taken, second.made, second.resumes) == (None, None, None, None)


def test_an_m_that_was_there_is_not_new() -> None:
    (call,) = calls([STEPS[6]._replace(at_ns=2), *STEPS[:6], STEPS[7]])
    assert call.taken is not None and call.made is None and call.back is None


def test_what_is_not_over_lasts_until_the_end() -> None:
    assert holdings(STEPS, 100) == [Stay(0, 0, 1, 12), Stay(0, 2, 21, 100), Stay(1, 0, 95, 100)]


def test_a_lease_whose_end_was_not_told_ends_with_the_next() -> None:
    leases = [Step("ProcStart", at, m, 0, -1, "") for at, m in ((1, 0), (5, 1))]
    assert holdings(leases, 9) == [Stay(0, 0, 1, 5), Stay(0, 1, 5, 9)]


def test_spans_lose_what_lies_in_a_call() -> None:
    blocked = calls(STEPS)
    kept = [span(0, 7, 2, 5), span(1, 7, 20, 30), span(0, 6, 20, 30)]
    assert without_calls([span(0, 7, 5, 98), *kept], blocked) == [span(0, 7, 5, 10), span(0, 7, 90, 98), *kept]
    assert without_calls([span(0, 7, 20, 30)], blocked) == []
    assert without_calls([span(0, 7, 5, 98)], calls(STEPS[:8])) == [span(0, 7, 5, 10)], "it never came back"
