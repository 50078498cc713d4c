"""How programs begin and end: what the client hears, when, and once."""

import pytest

from cluster.model.clock import SECOND
from cluster.model.ids import MId, ProgramId
from cluster.model.limits import DROP_GRACE_NS
from cluster.wire import messages as w
from coordinator.core.membership import PeerId
from tests.coordinator.office import LOAD, OPTIONS, SOURCE, Office, records

PANIC = ("panic", 2, "panic: 1\n")


def test_a_program_that_comes_first_waits_on_p0_for_the_first_m() -> None:
    office = Office(procs=2)
    office.start()
    assert office.heard("client", w.Accepted) == [w.Accepted(ProgramId(1))]
    assert [len(p.runq) for p in office.state.table.ps] == [1, 0]
    office.say("w0", w.RegisterM(100, "3.x", "here"))
    assert office.heard("w0", w.Work)[0].records[0].goid == 1


def test_a_program_that_comes_alone_begins_on_a_fresh_p() -> None:
    office = Office(procs=1, ms=1)
    first = office.start()
    p, epoch = office.lease(0)
    office.say("w0", w.ReleaseP(p, epoch, LOAD._replace(tick=17), False))
    office.start()
    assert office.heard("w0", w.LeaseP)[0].tick == 17, "another program goes on there"
    for program in (first, ProgramId(2)):
        office.main_returns(0, program)
        office.drop(program, 0)
    office.release(0)
    office.start()
    assert office.heard("w0", w.LeaseP)[0].tick == 0


def test_a_program_that_comes_when_every_m_is_busy_waits_where_busy_ms_look() -> None:
    office = Office(procs=2, ms=1)
    office.start()
    second = office.start()
    assert office.state.globrunq.count(second) == 1 and office.heard("w0", w.Hunger) == [w.Hunger(False, True)]


def test_a_cluster_that_stops_refuses_programs() -> None:
    office = Office(ms=1)
    office.say("client", w.StopCluster())
    office.say("client", w.StartProgram("p", SOURCE, OPTIONS, b""))
    assert office.heard("client", w.Refused) == [w.Refused("the cluster is stopping")]


def test_the_client_hears_the_result_after_the_last_line_of_every_m() -> None:
    office = Office(procs=2, ms=2)
    program = office.start()
    office.main_returns(0, program)
    assert office.heard("w0", w.Drop) == office.heard("w1", w.Drop) == [w.Drop(program)]
    assert not office.heard("client", w.Ended)
    office.drop(program, 0)
    office.say("w1", w.Output(program, 1, b"last words\n"))
    assert office.heard("client", w.Output) and not office.heard("client", w.Ended)
    office.drop(program, 1)
    assert office.heard("client", w.Ended) == [w.Ended(program, "returned", 0, "", b"value")]
    assert not office.state.programs
    office.say("w1", w.Output(program, 1, b"too late\n"))
    assert not office.heard("client", w.Output) and office.heard("w1", w.Told) == [w.Told(2)]


def test_the_first_result_stands() -> None:
    office = Office(procs=2, ms=2)
    program = office.start()
    office.main_returns(0, program)
    office.say("w0", w.MainFailed(*office.lease(0), program, *PANIC))
    office.drop(program, 0, 1)
    assert [ended.kind for ended in office.heard("client", w.Ended)] == ["returned"]


def test_an_m_in_a_long_call_is_not_waited_for_for_ever() -> None:
    office = Office(procs=2, ms=2)
    program = office.start()
    office.say("w0", w.MainFailed(*office.lease(0), program, *PANIC))
    office.drop(program, 1)
    office.wait(DROP_GRACE_NS - 1)
    assert not office.heard("client", w.Ended)
    assert office.core.deadline == office.clock.now() + 1
    office.wait(1)
    assert office.heard("client", w.Ended) == [w.Ended(program, *PANIC, b"")]
    assert office.logs[-1].phrase == "m still busy with an ended program"
    office.drop(program, 0)
    assert not office.said


def test_what_waits_of_an_ended_program_is_thrown_away() -> None:
    office = Office(procs=1, ms=1)
    program = office.start()
    office.give(0, *records(program, 2, 3))
    office.main_returns(0, program)
    assert not office.state.globrunq and not any(p.runq for p in office.state.table.ps)


def test_the_death_of_an_m_with_goroutines_ends_their_program_and_no_other() -> None:
    office = Office(procs=2, ms=3)
    lost, kept = office.start("ann"), office.start("bob")
    office.took(0, lost, 1)
    office.say("nursery", w.MExited(100, 0, 11))
    office.drop(lost, 1, 2)
    (ended,) = office.heard("ann", w.Ended)
    assert (ended.kind, ended.code) == ("lost", 1)
    assert ended.text.startswith("cluster.LostError: M 0 (pid 100) was killed by signal 11, with goroutines of this")
    assert list(office.state.programs) == [kept]


@pytest.mark.parametrize("result_first", [False, True])
def test_the_death_of_the_only_m_is_told_once(result_first: bool) -> None:
    office = Office(procs=1, ms=1)
    program = office.start()
    if result_first:
        office.main_returns(0, program)
    office.say("nursery", w.MExited(100, 3, 0))
    assert [ended.kind for ended in office.heard("client", w.Ended)] == ["returned" if result_first else "lost"]
    office.wait(2 * SECOND)
    assert not office.heard("client", w.Ended) and not office.state.programs


def test_a_program_that_kills_three_ms_before_they_take_its_goroutines_is_not_tried_a_fourth_time() -> None:
    """As when its main file ends the process that imports it."""
    office = Office(procs=1, ms=5)
    program = office.start()
    for _ in range(3):
        (victim,) = [i for i in range(5) if office.heard(f"w{i}", w.Work)]
        assert not office.heard("client", w.Ended)
        office.say("nursery", w.MExited(100 + victim, 1, 0))
    office.drop(program, *[i for i in range(5) if office.state.members.by_peer.get(PeerId(b"w%d" % i))])
    (ended,) = office.heard("client", w.Ended)
    assert ended.kind == "lost" and "exited with code 1" in ended.text


def test_a_goroutine_that_an_m_cannot_run_goes_back_to_its_giver() -> None:
    office = Office(procs=2, ms=2)
    program = office.start()
    office.took(0, program, 1)
    (record,) = (record._replace(started=True, giver=MId(0)) for record in records(program, 2))
    office.give(0, record)
    assert office.heard("w1", w.Work)[0].records == (record,)
    refused = record._replace(refused="its file is another")
    office.release(0)
    office.say("w1", w.Unfit(refused))
    assert office.heard("w0", w.Back) == [w.Back(refused)], "also when the giver holds no P"
    assert not office.m(1).untaken and list(office.m(0).untaken.values()) == [refused]
    counts = office.state.programs[program]
    assert (counts.sent, counts.received) == (3, 2)


def test_a_goroutine_that_can_go_nowhere_ends_its_program() -> None:
    office = Office(procs=2, ms=2)
    program = office.start()
    (record,) = (record._replace(started=True, giver=MId(7), refused="damaged") for record in records(program, 2))
    office.say("w1", w.Unfit(record))
    office.drop(program, 0, 1)
    (ended,) = office.heard("client", w.Ended)
    assert ended.text == "cluster.LostError: goroutine 2 can go nowhere: damaged"


def test_the_death_of_an_m_frees_its_p_and_is_told_to_the_others() -> None:
    office = Office(procs=1, ms=2)
    office.start()
    office.want(1)
    gone = office.m(0).id
    office.say("nursery", w.MExited(100, 0, 9))
    assert office.heard("w1", w.LeaseP)[0].epoch == 2
    assert office.heard("w1", w.Roster) == [w.Roster((w.Peer(office.m(1).id, "at w1"),), (gone,))]


def test_a_dead_program_ends_when_every_m_that_lives_has_described_its_goroutines() -> None:
    office = Office(procs=3, ms=3)
    program = office.start()
    office.find_work(0)
    office.answer_survey(*[(1, 0, 0, 1), (0, 0, 0, 0), (0, 0, 0, 0)])
    office.answer_survey(*[(1, 0, 0, 1), (0, 0, 0, 0), (0, 0, 0, 0)])
    assert office.heard("w0", w.Dump) == office.heard("w2", w.Dump) == [w.Dump(program)]
    office.say("w0", w.Dumped(program, (1,), ("goroutine 1 [chan receive]:",)))
    office.say("w0", w.Dumped(program, (1,), ("said twice",)))
    office.say("w1", w.Dumped(program, (), ()))
    office.say("nursery", w.MExited(102, 0, 9))
    office.drop(program, 0, 1)
    (ended,) = office.heard("client", w.Ended)
    assert (ended.kind, ended.code) == ("fatal", 2)
    assert ended.text == "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\n"


def test_an_m_that_joins_hears_of_programs_that_run_and_of_none_that_end() -> None:
    office = Office(procs=3, ms=2)
    first = office.start()
    second = office.start()
    office.main_returns(0, first)
    office.say("w9", w.RegisterM(109, "3.x", "late"))
    (told,) = office.heard("w9", w.LoadProgram)
    assert (told.program, told.stripe, told.stripes) == (second, 2, 2)
    assert office.heard("w0", w.Roster)[0].peers == office.heard("w9", w.Roster)[0].peers


def test_goroutine_ids_of_two_ms_are_apart() -> None:
    office = Office(procs=2, ms=2)
    office.start()
    stripes = [office.heard(f"w{i}", w.LoadProgram)[0] for i in (0, 1)]
    assert [(told.stripe, told.stripes) for told in stripes] == [(0, 2), (1, 2)]


def test_a_client_may_interrupt_its_own_program_only() -> None:
    office = Office(procs=1, ms=1)
    program = office.start("ann")
    office.say("bob", w.Interrupt(program))
    assert not office.said
    office.say("ann", w.Interrupt(program))
    office.drop(program, 0)
    assert office.heard("ann", w.Ended) == [w.Ended(program, "interrupted", 1, "interrupted", b"")]


def test_the_story_of_the_bootstrap_is_told_to_a_program_that_asks() -> None:
    office = Office(procs=2, ms=1)
    office.start(explain=True)
    kinds = [step.kind for traced in office.heard("client", w.Traced) for step in traced.steps]
    assert kinds == ["SchedInit", "ProcCreate", "ProcCreate", "MStart", "ProgramStart", "GoCreate", "ProcStart"]
