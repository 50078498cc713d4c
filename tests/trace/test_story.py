"""Stories: what they leave out of a trace, and in which order they tell the rest."""

from cluster.model.clock import MILLISECOND
from cluster.trace.handoffs import calls
from cluster.trace.story import Teller, table_of
from cluster.wire.messages import Step
from tests.trace.test_handoffs import STEPS, span

SPANS = [span(0, 1, 1, 6), span(0, 7, 6, 92), span(2, 5, 22, 40), span(2, 6, 40, 94), span(0, 7, 95, 98, p=1)]
STARTS = [Step("GoStart", 6, 0, 0, 7, "main.sleeps"), Step("GoStart", 22, 2, 0, 5, "main.sleeps")]
END = Step("GoEnd", 98, 0, 1, 7, "main.sleeps")


def kinds(steps: list[Step]) -> list[str]:
    return [f"{step.kind} M{step.m} G{step.goid}" for step in steps]


def test_a_hand_off_is_told_from_the_slice_of_the_call_to_who_runs_next() -> None:
    teller = Teller([*STEPS, *STARTS, END], SPANS)
    assert kinds(teller.handing_off(calls(teller.steps)[0])) == [
        "GoStart M0 G7", "GoSysBlock M0 G7", "Retake M0 G-1", "ProcStop M0 G-1", "NewM M-1 G-1", "MStart M2 G-1",
        "ProcStart M2 G-1", "GoStart M2 G5",
    ]  # fmt: skip


def test_the_way_back_is_told_to_the_end_of_the_goroutine() -> None:
    teller = Teller([*STEPS, *STARTS, END], SPANS)
    told = teller.coming_back(calls(teller.steps)[0])
    assert kinds(told) == ["GoSysExit M0 G7", "ProcWant M0 G-1", "ProcStart M0 G-1", "GoEnd M0 G7"]
    assert teller.coming_back(calls(STEPS[:9])[0]) == [], "it did not come back"


def test_a_line_has_time_m_p_and_g() -> None:
    teller = Teller([*STARTS], [span(0, 1, 0, 6)])
    step = Step("GoSysBlock", 5 * MILLISECOND, 0, 0, 7, "")
    (line,) = teller.lines([step])
    assert line.startswith("     5.0  M0  P0  G7   sysmon sees that G7 blocks M0 in a call")
    (line,) = teller.lines([STARTS[0]._replace(detail="")])
    assert line.endswith("M0, holding P0, takes G7 from the queue and runs main.sleeps (schedule, execute)")


def test_switching_tells_the_signal_the_preemption_and_who_runs_next() -> None:
    spans = [span(0, 2, 0, 11 * MILLISECOND), span(0, 5, 11 * MILLISECOND, 11 * MILLISECOND + 50)]
    spans.append(span(0, 3, 11 * MILLISECOND + 60, 22 * MILLISECOND))
    signals = [Step("Preempt", at * MILLISECOND - 5, 0, 0, goid, "") for at, goid in ((11, 2), (22, 3))]
    preempted = [Step("GoPreempt", at * MILLISECOND, 0, 0, goid, "ran_ms=11.0") for at, goid in ((11, 2), (22, 3))]
    teller = Teller([*signals, *preempted], spans)
    first = ["GoStart M0 G2", "Preempt M0 G2", "GoStart M0 G5", "GoPreempt M0 G2", "GoStart M0 G3"]
    assert sorted(kinds(teller.switching(0, 1))) == sorted(first)
    assert kinds(teller.switching(1, 9))[-2:] == ["Preempt M0 G3", "GoPreempt M0 G3"]
    assert teller.switching(2, 1) == []


def test_the_table_says_what_became_of_each_p() -> None:
    lines = table_of(calls(STEPS), 0)
    assert " ".join(lines[1].split()) == "G7 M0 0.0 P0 to M2, new 0.0 ms 0.0 P1, after 0.0 ms"
    assert " ".join(lines[2].split()) == "G5 M2 0.0 stays with it 0.0"
