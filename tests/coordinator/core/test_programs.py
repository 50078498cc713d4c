"""Programs, and what their GODEBUG asks for."""

import pytest

from cluster.model.clock import MILLISECOND, Instant
from cluster.model.ids import ProgramId
from coordinator.core.membership import PeerId
from coordinator.core.programs import Program, begin, godebug
from tests.coordinator.office import OPTIONS, SOURCE


def program(setting: str) -> Program:
    source = SOURCE._replace(godebug=setting)
    return begin(Program(ProgramId(1), PeerId(b"c"), "p", source, OPTIONS, Instant(5), stripes=1))


@pytest.mark.parametrize(
    ("setting", "meaning"),
    [
        ("", {}),
        ("schedtrace=1000,scheddetail=1", {"schedtrace": 1000, "scheddetail": 1}),
        ("schedtrace=,x,y=z,gctrace=-1,huge=99999999999,madvdontneed=0", {"madvdontneed": 0}),
        ("schedtrace=\u0661", {}),
    ],
)
def test_godebug_is_read_as_go_reads_it(setting: str, meaning: dict[str, int]) -> None:
    assert godebug(setting) == meaning


def test_a_program_prints_a_schedtrace_only_when_it_was_asked_to() -> None:
    assert program("").schedtrace_ns == 0
    traced = program("schedtrace=50,scheddetail=1")
    assert (traced.schedtrace_ns, traced.schedtrace_detail, traced.schedtrace_due) == (50 * MILLISECOND, True, 5)


def test_a_program_is_watched_when_its_client_wants_a_story_or_a_trace() -> None:
    for explain, trace in ((True, False), (False, True), (False, False)):
        watched = program("")
        watched.options = OPTIONS._replace(explain=explain, trace=trace)
        assert watched.watched == (explain or trace)
