"""What goroutines ask about all of their program: counts, descriptions, and another number of Ps."""

from cluster.model.ids import ProgramId
from cluster.wire import messages as w
from cluster.wire.parts import About
from coordinator.core.placement import next_retake
from coordinator.core.queries import VIEW_PATIENCE_NS
from tests.coordinator.office import LOAD, Office, records


def running(procs: int = 2, ms: int = 2) -> Office:
    """An office with one program, whose main is on w0."""
    office = Office(procs, ms)
    office.start()
    return office


def ask(office: Office, index: int, about: About, number: int = 0, ticket: int = 7) -> None:
    office.say(f"w{index}", w.Query(next(iter(office.state.programs)), ticket, about, number))


def test_a_count_is_what_began_less_what_ended_wherever_it_is() -> None:
    office = running()
    ask(office, 0, About.COUNT)
    office.answer_survey((5, 1, 0, 0), (-2, 0, 0, 0))
    assert office.heard("w0", w.Reply) == [w.Reply(7, 4, ())]


def test_who_asks_for_a_count_during_a_survey_waits_for_the_next() -> None:
    office = running()
    ask(office, 0, About.COUNT)
    first = office.heard("w0", w.Survey)[0].round
    ask(office, 1, About.COUNT)
    assert not office.heard("w0", w.Survey)
    for i in range(2):
        office.say(f"w{i}", w.Surveyed(first, (), LOAD, ()))
    assert office.heard("w0", w.Reply) == [w.Reply(7, 1, ())] and not office.heard("w1", w.Reply)
    office.answer_survey((0, 0, 0, 0), (0, 0, 0, 0))
    assert office.heard("w1", w.Reply)


def test_the_others_are_described_in_the_order_of_their_making_without_who_asked() -> None:
    office = running()
    program = next(iter(office.state.programs))
    ask(office, 1, About.OTHERS, number=17)
    assert office.heard("w0", w.Dump) == office.heard("w1", w.Dump) == [w.Dump(program)]
    office.say("w1", w.Dumped(program, (17, 18), ("seventeen", "eighteen")))
    assert not office.heard("w1", w.Reply)
    office.say("w0", w.Dumped(program, (1, 2), ("one", "two")))
    assert office.heard("w1", w.Reply) == [w.Reply(7, 3, ("one", "two", "eighteen"))]
    assert office.state.programs[program].result is None


def test_an_m_that_dies_is_not_waited_for() -> None:
    office = running()
    program = next(iter(office.state.programs))
    ask(office, 0, About.OTHERS, number=1)
    office.say("w0", w.Dumped(program, (1,), ("one",)))
    office.say("nursery", w.MExited(101, 0, 9))
    assert office.heard("w0", w.Reply) == [w.Reply(7, 0, ())]


def test_fewer_ps_stop_the_world_and_who_asked_keeps_its_p() -> None:
    office = running()
    office.want(1)
    assert office.lease(0)[0] == 0 and office.lease(1)[0] == 1
    p1 = office.lease(1)
    ask(office, 0, About.PROCS, 1)
    assert office.heard("w1", w.Retake) == [w.Retake(*p1)] and not office.heard("w0", w.Retake)
    assert not office.heard("w0", w.Reply)
    office.release(1, wants=True)
    assert office.heard("w0", w.Reply) == [w.Reply(7, 2, ())]
    assert len(office.state.table) == 1 and not office.heard("w1", w.LeaseP)


def test_who_asked_under_a_p_that_goes_gets_another_before_anybody_else() -> None:
    office = running()
    office.want(1)
    ask(office, 1, About.PROCS, 1)
    assert office.heard("w0", w.Retake) and office.heard("w1", w.Retake)
    office.release(1, wants=True)
    office.release(0, wants=True)
    assert office.heard("w1", w.Reply) == [w.Reply(7, 2, ())]
    (lease,) = office.heard("w1", w.LeaseP)
    assert (lease.p, lease.procs) == (0, 1) and not office.heard("w0", w.LeaseP)


def test_more_ps_are_leased_at_once() -> None:
    office = running(procs=1)
    office.want(1)
    assert office.m(1).p is None
    ask(office, 0, About.PROCS, 3)
    assert office.heard("w0", w.Reply) == [w.Reply(7, 1, ())]
    assert [(lease.p, lease.procs) for lease in office.heard("w1", w.LeaseP)] == [(1, 3)]


def test_epochs_of_a_p_that_comes_back_go_on() -> None:
    office = running()
    office.want(1)
    before = office.lease(1)
    ask(office, 0, About.PROCS, 1)
    office.release(1)
    ask(office, 0, About.PROCS, 2)
    office.want(1)
    assert office.lease(1) == (before[0], before[1] + 1)


def test_two_resizes_are_done_one_after_the_other() -> None:
    office = running()
    office.want(1)
    ask(office, 0, About.PROCS, 4)
    ask(office, 1, About.PROCS, 1)
    assert not office.heard("w1", w.Reply)
    office.release(1, wants=True)  # for the first; then the second has no P, and the first M is asked for its
    assert office.heard("w0", w.Reply) == [w.Reply(7, 2, ())]
    assert office.heard("w0", w.Retake) and not office.heard("w1", w.LeaseP)
    office.release(0, wants=True)
    assert office.heard("w1", w.Reply) == [w.Reply(7, 4, ())]
    assert len(office.state.table) == 1 and office.lease(1)[0] == 0


def test_while_the_world_is_being_stopped_the_end_of_a_slice_is_not_waited_for() -> None:
    office = running(procs=2, ms=3)
    office.want(1)
    office.want(2)
    assert next_retake(office.state) is not None
    ask(office, 0, About.PROCS, 1)
    assert office.state.resizes and next_retake(office.state) is None, "nobody gets a P; it would be due for ever"


def test_what_waits_on_a_p_that_goes_is_first_in_the_global_queue() -> None:
    office = running(procs=2, ms=1)
    program = next(iter(office.state.programs))
    office.state.globrunq.put(records(program, 40))
    office.state.table.ps[1].runq = list(records(program, 30, 31))
    ask(office, 0, About.PROCS, 1)
    assert [record.goid for record in office.state.globrunq.batch(1)] == [30, 31, 40]


def test_a_query_of_a_program_that_is_over_is_not_answered() -> None:
    office = running()
    program = next(iter(office.state.programs))
    office.main_returns(0, program)
    ask(office, 0, About.COUNT)
    assert not office.heard("w0", w.Reply) and not office.heard("w0", w.Survey)


def test_a_client_is_shown_all_goroutines_in_order_also_without_an_m_that_does_not_answer() -> None:
    office = Office(procs=2, ms=2)
    program = office.start("ann")
    office.say("bob", w.Dump(program))
    assert office.heard("w0", w.Dump) == office.heard("w1", w.Dump) == [w.Dump(program)]
    office.say("w1", w.Dumped(program, (7,), ("goroutine 7",)))
    assert not office.heard("bob", w.Dumped)
    office.say("w0", w.Dumped(program, (1,), ("goroutine 1",)))
    assert office.heard("bob", w.Dumped) == [w.Dumped(program, (1, 7), ("goroutine 1", "goroutine 7"))]
    office.say("bob", w.Dump(program))
    office.say("w0", w.Dumped(program, (1,), ("goroutine 1",)))
    deadline = office.core.deadline
    assert deadline is not None and deadline <= office.clock.now() + VIEW_PATIENCE_NS
    office.wait(VIEW_PATIENCE_NS)
    assert office.heard("bob", w.Dumped) == [w.Dumped(program, (1,), ("goroutine 1",))]


def test_a_client_that_asks_for_a_program_that_is_not_there_is_told_so() -> None:
    office = Office(procs=1, ms=1)
    office.say("bob", w.Dump(ProgramId(9)))
    assert office.heard("bob", w.Refused) == [w.Refused("there is no program 9, or no longer")]


def test_a_second_dump_does_not_wait_for_an_m_that_is_silent() -> None:
    office = running()
    program = next(iter(office.state.programs))
    for _ in range(2):
        office.say("asker", w.Dump(program))
        assert office.heard("w0", w.Dump)
        office.say("w0", w.Dumped(program, (1,), ("one",)))
        assert not office.heard("asker", w.Dumped)
        office.wait(VIEW_PATIENCE_NS)
        assert office.heard("asker", w.Dumped) == [w.Dumped(program, (1,), ("one",))]
