"""Rounds of questions: one at a time, complete without those that are gone."""

from cluster.model.clock import Instant
from cluster.model.ids import MId, ProgramId
from cluster.wire.messages import Census, Surveyed
from coordinator.core.membership import PeerId
from coordinator.core.survey import Surveys, stacks, totals
from tests.coordinator.office import LOAD

M0, M1, NOW = MId(0), MId(1), Instant(5)


def answer(round: int, *programs: Census) -> Surveyed:
    return Surveyed(round, programs, LOAD, ())


def wanted() -> Surveys:
    surveys = Surveys()
    surveys.want_deadlock = True
    return surveys


def test_a_round_is_over_when_all_have_answered() -> None:
    surveys = wanted()
    began = surveys.begin([M0, M1], True, NOW)
    assert (began.id, began.detail, began.deadlock, surveys.wanted) == (1, True, True, False)
    assert surveys.answer(M1, answer(1)) is None
    assert surveys.answer(M0, answer(1)) is began and surveys.round is None
    assert list(began.answers) == [M1, M0]


def test_answers_of_another_round_of_strangers_and_said_twice_do_not_count() -> None:
    surveys = wanted()
    surveys.begin([M0, M1], False, NOW)
    assert surveys.answer(M0, answer(1)) is None
    for m, round in ((M0, 1), (MId(9), 1), (M1, 0), (M1, 2)):
        assert surveys.answer(m, answer(round)) is None
    assert surveys.round is not None and list(surveys.round.awaiting) == [M1]


def test_what_is_asked_during_a_round_waits_for_the_next() -> None:
    surveys = wanted()
    surveys.begin([M0], False, NOW)
    surveys.want_traces.append(ProgramId(3))
    surveys.want_status.append(PeerId(b"c"))
    assert not surveys.wanted
    surveys.answer(M0, answer(1))
    assert surveys.wanted
    second = surveys.begin([M0], False, NOW)
    assert (second.id, second.deadlock, second.traces, second.clients) == (2, False, [3], [b"c"])
    assert not surveys.want_traces and not surveys.want_status


def test_a_round_does_not_wait_for_the_dead() -> None:
    surveys = wanted()
    began = surveys.begin([M0, M1], False, NOW)
    assert surveys.await_only([M0, M1]) is None
    surveys.answer(M0, answer(1))
    assert surveys.await_only([M0]) is began
    assert surveys.await_only([]) is None


def test_a_round_without_the_dead_still_waits_for_the_living() -> None:
    surveys = wanted()
    began = surveys.begin([M0, M1], False, NOW)
    assert surveys.await_only([M1]) is None
    assert surveys.answer(M1, answer(1)) is began


def test_totals_are_those_of_one_program_over_all_ms() -> None:
    a, b = ProgramId(1), ProgramId(2)
    answers = {
        M0: answer(1, Census(a, 3, 1, 10, 20, 6144, 2048), Census(b, 100, 100, 100, 100, 1, 1)),
        M1: answer(1, Census(a, 4, 2, 30, 40, 10240, 4096)),
    }
    assert totals(answers, a) == (7, 3, 40, 60)
    assert stacks(answers, a) == (16384, 4096) and stacks({}, a) == (0, 0)
    assert totals({}, a) == (0, 0, 0, 0)
