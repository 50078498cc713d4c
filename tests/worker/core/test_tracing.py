"""Spans and steps of watched programs."""

import pytest

from cluster.kernel.g import PREEMPTED, G, Program
from cluster.model.clock import MILLISECOND, Instant
from cluster.model.ids import Epoch, MId, PId, ProgramId
from cluster.model.lease import Lease
from cluster.wire.messages import Span
from tests.fakes import FOREVER
from worker.core import tracing
from worker.core.tracing import FLUSH_NS, JOIN_NS, SPANS_MAX, TOLD_MAX, Ran, Tracer

M, P = MId(3), PId(0)


def body() -> None:
    """What goroutines here would run."""


class Watched:
    """A program with goroutines, and a tracer on core 7."""

    def __init__(self) -> None:
        self.program = Program(ProgramId(1))
        self.tracer = Tracer(lambda: 7)

    def g(self, goid: int) -> G:
        return self.program.gs.setdefault(goid, G(goid, self.program, body, (), None, 0))

    def ran(self, goid: int, start: int, elapsed: int = 10) -> None:
        self.tracer.ran(self.g(goid), M, P, Instant(start), elapsed)


def test_a_span_says_who_ran_where_and_when() -> None:
    watched = Watched()
    watched.ran(1, 100)
    ((program, (span,), (step,)),) = watched.tracer.flush(None)
    assert program == 1
    assert span == Span(M, P, 1, f"{__name__}.body", 7, 100, 110)
    assert (step.kind, step.at_ns, step.goid) == ("GoStart", 100, 1)
    assert watched.tracer.flush(None) == []


def test_a_goroutine_that_goes_on_soon_is_one_span_and_after_another_or_a_pause_a_new_one() -> None:
    watched = Watched()
    for goid, start in ((1, 100), (1, 110), (1, 120 + JOIN_NS), (2, 200 + JOIN_NS), (1, 220 + JOIN_NS)):
        watched.ran(goid, start)
    ((_, spans, _),) = watched.tracer.flush(None)
    assert [(span.goid, span.start_ns, span.end_ns - span.start_ns) for span in spans] == [
        (1, 100, 20), (1, 120 + JOIN_NS, 10), (2, 200 + JOIN_NS, 10), (1, 220 + JOIN_NS, 10),
    ]  # fmt: skip


def test_the_end_of_a_goroutine_is_told_after_its_last_span() -> None:
    watched = Watched()
    watched.ran(1, 100)
    g = watched.program.gs.pop(1)
    watched.tracer.ran(g, M, P, Instant(120), 10)
    ((_, _, steps),) = watched.tracer.flush(None)
    assert [(step.kind, step.at_ns) for step in steps] == [("GoStart", 100), ("GoEnd", 130)]


def test_of_many_goroutines_only_the_first_are_told_one_by_one() -> None:
    watched = Watched()
    for goid in range(1, TOLD_MAX + 10):
        watched.ran(goid, goid * 100)
    ((_, spans, steps),) = watched.tracer.flush(None)
    assert len(spans) == TOLD_MAX + 9 and [step.kind for step in steps] == ["GoStart"] * TOLD_MAX


def test_spans_wait_a_while_but_not_for_ever_and_not_when_they_are_many() -> None:
    watched = Watched()
    assert watched.tracer.flush(Instant(0)) == []
    watched.ran(1, 100)
    assert watched.tracer.due == 100 + FLUSH_NS
    assert watched.tracer.flush(Instant(100 + FLUSH_NS - 1)) == []
    assert len(watched.tracer.flush(Instant(100 + FLUSH_NS))) == 1
    for i in range(SPANS_MAX):
        assert watched.tracer.flush(Instant(200)) == []
        watched.ran(1 + i % 2, 200)
    assert watched.tracer.pending == SPANS_MAX and len(watched.tracer.flush(Instant(200))) == 1


def test_programs_are_told_apart() -> None:
    watched, other = Watched(), Program(ProgramId(2))
    watched.ran(1, 100)
    watched.tracer.ran(G(1, other, body, (), None, 0), M, P, Instant(200), 10)
    assert [program for program, _, _ in watched.tracer.flush(None)] == [1, 2]


def test_a_preempted_goroutine_is_told_with_the_signal_that_it_got() -> None:
    watched = Watched()
    g = watched.g(7)
    g.pinned = PREEMPTED
    watched.program.untold.append(("Preempt", g, "", 10 * MILLISECOND))
    watched.ran(7, 100, 11 * MILLISECOND)
    watched.program.untold.append(("StackGrow", g, "2048 to 4096", 0))
    g.pinned = ""
    watched.ran(7, 12 * MILLISECOND)
    ((_, _, steps),) = watched.tracer.flush(None)
    assert [(step.kind, step.at_ns, step.detail) for step in steps[1:]] == [
        ("Preempt", 10 * MILLISECOND, ""),
        ("GoPreempt", 11 * MILLISECOND + 100, "ran_ms=11.0"),
        ("StackGrow", 12 * MILLISECOND, "2048 to 4096"),
    ]


def test_who_prints_is_said_to_have_begun_once_and_not_without_a_p() -> None:
    watched = Watched()
    lease = Lease(P, Epoch(1), FOREVER)
    assert watched.tracer.speaks(None, M, lease, Instant(5)) is None
    assert watched.tracer.speaks(watched.g(1), M, None, Instant(5)) is None
    step = watched.tracer.speaks(watched.g(1), M, lease, Instant(5))
    assert step is not None and (step.kind, step.at_ns, step.goid) == ("GoStart", 5, 1)
    assert watched.tracer.speaks(watched.g(1), M, lease, Instant(6)) is None


def test_the_last_run_is_kept_of_those_that_have_not_ended_and_ran_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "RUNS_MAX", 2)
    watched = Watched()
    for goid in (1, 2, 3):
        watched.ran(goid, 100 * goid, 10)
    watched.ran(2, 400, 10)
    assert [watched.tracer.last_run(watched.program.id, goid) for goid in (1, 2)] == [None, Ran(Instant(410), 2, 0)]
    ended = watched.program.gs.pop(2)
    watched.tracer.ran(ended, M, P, Instant(500), 10)
    assert watched.tracer.last_run(watched.program.id, 2) is None
    watched.tracer.drop(watched.program.id)
    assert watched.tracer.last_run(watched.program.id, 3) is None
