"""Where a goroutine is, for what it waits, and how it came there: the coordinator asks, and adds what it knows."""

import pytest

from cluster.model.clock import MILLISECOND
from cluster.model.ids import NO_M, MId, ObjId, ProgramId
from cluster.wire import messages as w
from cluster.wire.inquiry import AskWhy, Found, Inquire, Inquired, Known, Moved, ObjAt, Why
from coordinator.core import programs, why
from tests.coordinator.office import Office, records

WAITS = Found("waiting", "chan receive", "", "", "goroutine 7", -1, 0, 0)
RUNS = Found("running", "", "", "", "goroutine 7", -1, 0, 0)


def known(home: int = -1, serial: int = 0, doing: str = "receive") -> Known:
    return Known("chan", MId(home), serial, 0, doing, -1, (), (), (), (), 0)


class Asking:
    """A program on w0, and a client that asks for goroutines of it."""

    def __init__(self, ms: int = 2) -> None:
        self.office = Office(2, ms)
        self.program = self.office.start()
        self.office.took(0, self.program, 1)

    def ask(self, goid: int = 7, program: int | None = None) -> None:
        self.office.say("asker", AskWhy(self.program if program is None else ProgramId(program), goid))

    def asked(self, m: int) -> Inquire:
        (question,) = self.office.heard(f"w{m}", Inquire)
        self.ticket = question.ticket
        return question

    def answer(self, m: int, *found: Found, objs: tuple[Known, ...] = ()) -> None:
        self.office.say(f"w{m}", Inquired(self.ticket, found, objs))

    def nobody(self, *ms: int) -> None:
        """These say, as often as they are asked, that they do not have it."""
        for _ in range(why.TRIES):
            self.asked(ms[0])
            for m in ms:
                self.answer(m)

    @property
    def told(self) -> Why:
        (answer,) = self.office.heard("asker", Why)
        return answer


@pytest.fixture
def asking() -> Asking:
    return Asking()


def test_all_ms_are_asked_and_who_has_it_is_told_with_its_process_and_p(asking: Asking) -> None:
    asking.ask()
    assert asking.asked(0)[1:] == asking.asked(1)[1:] == (asking.program, 7, ())
    asking.answer(1)
    asking.answer(0, WAITS, objs=(known(),))
    assert (asking.told.place, asking.told.m, asking.told.pid, asking.told.p) == ("m", 0, 100, 0)
    assert asking.told.found == (WAITS,) and asking.told.objs == (ObjAt(MId(0), known()),)
    assert not asking.office.state.whys


def test_an_object_with_a_name_is_asked_for_at_the_other_ms(asking: Asking) -> None:
    asking.ask()
    asking.asked(0)
    asking.answer(1)
    asking.answer(0, WAITS, objs=(known(1, 4), known(1, 4, "send"), known(0, 2)))
    assert asking.asked(1).objs == (ObjId(MId(1), 4), ObjId(MId(0), 2))
    assert not asking.office.heard("w0", Inquire)
    asking.answer(1, objs=(known(1, 4, ""),))
    assert [at.m for at in asking.told.objs] == [0, 0, 0, 1]


def test_who_has_it_counts_more_than_who_has_given_it_away(asking: Asking) -> None:
    asking.ask()
    asking.asked(0)
    asking.answer(0, Found("in flight", "", "given away", "", "", -1, 0, 0))
    asking.answer(1, RUNS)
    assert (asking.told.place, asking.told.m, asking.told.found) == ("m", 1, (RUNS,))


def test_an_m_that_is_stopped_is_named_with_what_it_had_last(asking: Asking) -> None:
    asking.ask(goid=20)  # of the second stripe: w1 has made it
    asking.asked(0)
    asking.answer(0)
    assert not asking.office.heard("asker", Why)
    asking.office.wait(why.PATIENCE_NS)
    assert (asking.told.place, asking.told.m, asking.told.made_on) == ("silent", 1, 1)
    assert [(one.m, one.pid, one.silent_ns) for one in asking.told.silent] == [(1, 101, asking.office.clock.now())]


def test_an_m_that_was_silent_is_not_waited_for_again(asking: Asking) -> None:
    asking.ask()
    asking.asked(0)
    asking.answer(0, WAITS, objs=(known(1, 4),))
    asking.office.wait(why.PATIENCE_NS)
    assert asking.told.place == "m" and [one.m for one in asking.told.silent] == [1]


def test_one_on_its_way_to_an_m_or_in_a_queue_of_ours_is_in_no_m(asking: Asking) -> None:
    asking.office.give(0, *records(asking.program, 5, 6))
    for goid in (5, 6):
        asking.ask(goid)
        asking.nobody(0, 1)
        assert asking.told.place in ("flight", "queue") and "1" in asking.told.detail


def test_what_was_shipped_and_not_taken_is_in_flight() -> None:
    office = Asking(ms=1)
    office.office.state.members.ms[MId(0)].untaken[office.program, 9] = records(office.program, 9)[0]
    office.ask(9)
    office.nobody(0)
    assert (office.told.place, office.told.m) == ("flight", 0) and "has not said" in office.told.detail


def test_what_nobody_has_is_nowhere_but_not_after_one_look(asking: Asking) -> None:
    asking.ask()
    asking.asked(0)
    asking.answer(0)
    asking.answer(1)
    assert not asking.office.heard("asker", Why), "it may have run past"
    asking.asked(0)
    asking.answer(0)
    asking.answer(1, RUNS)
    assert asking.told.place == "m"
    asking.ask()
    asking.nobody(0, 1)
    assert asking.told.place == "nowhere" and asking.told.m == NO_M


def test_moves_are_kept_a_few_of_each_goroutine_and_of_those_that_moved_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "PLACES_MAX", 2)
    monkeypatch.setattr(programs, "MOVES_MAX", 2)
    asking = Asking()
    program = asking.office.state.programs[asking.program]
    for goid in (5, 6, 7, 7, 7):
        asking.office.clock.advance(MILLISECOND)
        programs.came(program, goid, programs.Place(MId(goid % 2), asking.office.clock.now(), goid == 7))
    assert list(program.places) == [6, 7]
    asking.ask()
    asking.nobody(0, 1)
    assert asking.told.moves == (Moved(MId(1), MILLISECOND, True), Moved(MId(1), 0, True))


def test_what_an_m_takes_is_a_move(asking: Asking) -> None:
    assert [(place.m, place.started) for place in asking.office.state.programs[asking.program].places[1]] == [
        (0, False)
    ]


@pytest.mark.parametrize(
    ("goid", "made_on"), [(1, -1), (2, 0), (16, 0), (17, 1), (32, 1), (33, 0), ((1 << 40) + 1, 2), (-4, -1)]
)
def test_a_number_tells_which_m_has_made_a_goroutine(asking: Asking, goid: int, made_on: int) -> None:
    asking.office.say("w2", w.RegisterM(102, "3.x", "at w2"))
    program = asking.office.state.programs[asking.program]
    assert why.maker(program, goid) == made_on


def test_an_m_that_dies_is_not_waited_for(asking: Asking) -> None:
    asking.ask()
    asking.asked(0)
    asking.answer(0, WAITS)
    asking.office.say("nursery", w.MExited(101, 0, 9))
    assert asking.told.place == "m"


def test_a_program_that_is_not_there_is_refused_and_so_are_too_many_questions(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking.ask(program=9)
    assert "no program 9" in asking.office.heard("asker", w.Refused)[0].reason
    monkeypatch.setattr(why, "WHYS_MAX", 1)
    asking.ask()
    asking.ask()
    assert asking.office.heard("asker", w.Refused)


def test_a_program_that_ends_meanwhile_is_said_to_have(asking: Asking) -> None:
    asking.ask()
    asking.asked(0)
    asking.office.main_returns(0, asking.program)
    asking.office.drop(asking.program, 0, 1)
    assert "has ended" in asking.office.heard("asker", w.Refused)[0].reason


def test_an_answer_that_nobody_waits_for_is_passed_over(asking: Asking) -> None:
    asking.ticket = 99
    asking.answer(0, WAITS)
    assert not asking.office.said
