"""Who gets which P and which goroutines, who is told of hunger, and whose P is asked back."""

from cluster.model.ids import NO_M
from cluster.model.limits import SLICE_NS
from cluster.model.status import MStatus
from cluster.wire import messages as w
from tests.coordinator.office import LOAD, Office, records


def test_main_and_a_lease_go_to_the_first_m_and_nobody_else_is_waked() -> None:
    office = Office(procs=2, ms=2)
    program = office.start()
    (lease,), (work,) = office.heard("w0", w.LeaseP), office.heard("w0", w.Work)
    assert (lease.p, lease.epoch, lease.procs, work.records) == (0, 1, 2, (w.Record(program, 1, b"main"),))
    assert [kind for to, kind in office.said if to == "w1"] == office.heard("w1", w.LoadProgram)
    assert office.state.programs[program].sent == 1 and office.m(0).took == {}
    office.took(0, program, 1)
    assert office.m(0).took == {program: 1} and office.heard("w0", w.Told) == [w.Told(1)]


def test_an_m_hears_of_a_program_before_its_lease_and_of_its_lease_before_work() -> None:
    office = Office(procs=1, ms=1)
    office.start()
    assert [type(message) for to, message in office.said if to == "w0"][:3] == [w.LoadProgram, w.LeaseP, w.Work]


def test_hunger_is_told_once_and_again_after_a_gift_while_it_lasts() -> None:
    office = Office(procs=2, ms=2)
    program = office.start()
    assert office.heard("w0", w.LeaseP)[0].hungry is True and not office.heard("w0", w.Hunger)
    office.say("w0", w.Renew(1, *office.lease(0), office.m(0).load))
    assert office.heard("w0", w.Renewed) == [w.Renewed(1, *office.lease(0), True, False)]
    assert not office.heard("w0", w.Hunger)
    office.give(0, *records(program, 2))
    assert office.heard("w1", w.Work)[0].records == records(program, 2)
    assert not office.heard("w0", w.Hunger), "everybody runs: nobody is hungry, and a gift ends the old hunger"
    office.find_work(1)
    assert office.heard("w0", w.Hunger) == [w.Hunger(True, False)]
    assert office.m(1).status is MStatus.SPINNING


def test_what_is_given_goes_to_whoever_spins_before_an_idle_m_is_waked() -> None:
    office = Office(procs=3, ms=3)
    program = office.start()
    office.give(0, *records(program, 2))
    office.find_work(1)
    office.give(0, *records(program, 3))
    assert office.heard("w1", w.Work) and not office.heard("w2", w.LeaseP)
    assert office.m(1).status is MStatus.RUNNING


def test_a_gift_is_shared_out_in_fair_batches() -> None:
    office = Office(procs=3, ms=3)
    program = office.start()
    office.give(0, *records(program, *range(2, 8)))
    sizes = [len(work.records) for i in (1, 2) for work in office.heard(f"w{i}", w.Work)]
    assert sizes == [3, 2] and len(office.state.globrunq) == 1
    assert office.heard("w0", w.Hunger) == [w.Hunger(False, True)], "there is a backlog, and nobody is hungry"
    office.say("w0", w.Pull(*office.lease(0)))
    assert office.heard("w0", w.Work)[0].records == records(program, 7)


def test_all_of_a_gift_goes_to_the_only_one_who_is_hungry_and_so_does_what_follows() -> None:
    office = Office(procs=2, ms=2)
    program = office.start()
    office.give(0, *records(program, *range(2, 8)))
    assert [len(work.records) for work in office.heard("w1", w.Work)] == [6] and not len(office.state.globrunq)
    office.give(0, *records(program, 8, 9))
    assert office.heard("w1", w.Work)[-1].records == records(program, 8, 9), "it runs, and nobody is hungry"
    office.m(0).gave_to = NO_M
    office.give(0, *records(program, 10))
    assert len(office.state.globrunq) == 1


def test_started_goroutines_go_to_one_thief_together_and_the_others_as_ever() -> None:
    office = Office(procs=3, ms=3)
    program = office.start()
    given = tuple(record._replace(started=record.goid % 2 == 0) for record in records(program, *range(2, 10)))
    office.give(0, *given)
    work = {to: [r for m in office.heard(to, w.Work) for r in m.records] for to in ("w0", "w1", "w2")}
    (thief,) = [to for to, got in work.items() if any(record.started for record in got)]
    assert [record for record in work[thief] if record.started] == [record for record in given if record.started]
    assert office.heard(thief, w.LeaseP) and not work["w0"]


def test_started_goroutines_wait_in_the_global_queue_when_nobody_is_hungry() -> None:
    office = Office(procs=1, ms=2)
    program = office.start()
    given = tuple(record._replace(started=True) for record in records(program, 2, 3))
    office.give(0, *given)
    assert len(office.state.globrunq) == 2 and not office.heard("w1", w.LeaseP)


def test_what_goes_with_a_p_is_its_queue_for_whoever_leases_it_next() -> None:
    office = Office(procs=1, ms=2)
    program = office.start()
    office.want(1)
    left = tuple(record._replace(started=True) for record in records(program, 2, 3))
    office.say("w0", w.ReleaseP(*office.lease(0), LOAD, True, left))
    assert office.heard("w1", w.LeaseP) and office.heard("w1", w.Work)[0].records == left
    assert office.state.programs[program].received == 2


def test_what_an_m_was_sent_and_has_not_taken_goes_to_another_when_it_dies() -> None:
    office = Office(procs=2, ms=3)
    program = office.start()
    office.took(0, program, 1)
    office.give(0, *records(program, 2, 3))
    lost_m = 1 if office.heard("w1", w.Work) else 2
    (work,) = office.heard(f"w{lost_m}", w.Work)
    sent = office.state.programs[program].sent
    office.took(lost_m, program)
    office.say("nursery", w.MExited(100 + lost_m, 0, 9))
    again = [message for i in (0, 1, 2) if i != lost_m for message in office.heard(f"w{i}", w.Work)]
    assert [record for message in again for record in message.records] == list(work.records)
    assert office.state.programs[program].sent == sent and office.state.programs[program].result is None


def test_goroutines_of_a_program_that_is_over_are_not_placed() -> None:
    office = Office(procs=2, ms=2)
    program = office.start()
    office.main_returns(0, program)
    office.give(0, *records(program, 2))
    assert not office.state.globrunq and not office.heard("w1", w.Work)


def test_an_m_with_goroutines_gets_an_idle_p_before_unowned_goroutines_do() -> None:
    office = Office(procs=1, ms=2)
    office.start()
    office.want(1)
    office.release(0)
    assert office.heard("w1", w.LeaseP)[0].epoch == 2


def test_a_p_that_only_spins_is_asked_back_at_once() -> None:
    office = Office(procs=1, ms=2)
    office.start()
    office.find_work(0)
    office.want(1)
    assert office.heard("w0", w.Retake) == [w.Retake(*office.lease(0))]


def test_a_p_that_runs_is_asked_back_when_its_slice_is_over_and_asked_once() -> None:
    office = Office(procs=1, ms=2)
    office.start()
    office.want(1)
    assert office.core.deadline == office.clock.now() + SLICE_NS
    office.wait(SLICE_NS - 1)
    assert not office.heard("w0", w.Retake)
    office.wait(1)
    assert office.heard("w0", w.Retake) == [w.Retake(*office.lease(0))]
    office.wait(5 * SLICE_NS)
    assert not office.said
    office.release(0, wants=True)
    assert office.heard("w1", w.LeaseP) and office.m(0).status is MStatus.WANTING
    office.wait(SLICE_NS)
    assert office.heard("w1", w.Retake), "and so they take turns"


def test_whoever_has_had_his_p_longest_is_asked_first_and_when_he_does_not_answer_the_next() -> None:
    office = Office(procs=2, ms=3)
    program = office.start()
    office.clock.advance(1000)
    office.give(0, *records(program, 2))
    office.clock.advance(2 * SLICE_NS)
    office.want(2)
    assert [to for to, message in office.said if isinstance(message, w.Retake)] == ["w0"]
    asked_at = office.clock.now()
    assert office.core.deadline == asked_at + SLICE_NS, "a deadline that has passed would keep the shell from sleeping"
    office.wait(SLICE_NS)
    assert [to for to, message in office.said if isinstance(message, w.Retake)] == ["w1"], "w0 is in a long call"
    assert office.core.deadline is not None and office.core.deadline > office.clock.now() + SLICE_NS


def test_nobody_is_asked_while_nobody_wants() -> None:
    office = Office(procs=1, ms=2)
    office.start()
    office.wait(10 * SLICE_NS)
    assert not office.heard("w0", w.Retake)
