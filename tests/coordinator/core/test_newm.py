"""More Ms: asked for when goroutines wait and no M is idle; one at a time, up to the limit."""

from cluster.model.clock import SECOND
from cluster.model.ids import NO_P, Epoch, ProgramId
from cluster.model.limits import SLICE_NS
from cluster.wire import messages as w
from coordinator.core.newm import DECLINED_NS, EXPECT_NS, next_retirement
from coordinator.core.step import Core
from tests.coordinator.office import LOAD, PYTHON, Office, records


def busy(grows: bool = True, max_threads: int = 10) -> Office:
    """Two Ps; the only M runs, and a nursery is there."""
    office = Office(procs=2, ms=1)
    office.core.state.max_threads = max_threads
    office.say("nursery", w.RegisterNursery(5, (100,), grows))
    office.start()
    return office


def test_goroutines_that_wait_on_an_idle_p_get_an_m() -> None:
    office = busy()
    program = office.start()
    assert office.heard("nursery", w.NewM) == [w.NewM()]
    office.say("nursery", w.Forked(101))
    assert not office.heard("nursery", w.NewM), "it is on its way"
    office.say("w1", w.RegisterM(101, PYTHON, "at w1"))
    (work,) = office.heard("w1", w.Work)
    assert [record.program for record in work.records] == [program]


def test_one_is_asked_for_at_a_time() -> None:
    office = Office(procs=3, ms=1)
    office.say("nursery", w.RegisterNursery(5, (100,), True))
    office.start()
    office.start()
    assert office.heard("nursery", w.NewM)
    office.start()
    assert not office.heard("nursery", w.NewM)
    office.say("nursery", w.Forked(101))
    office.say("w1", w.RegisterM(101, PYTHON, "at w1"))
    assert office.heard("nursery", w.NewM), "the next"


def test_who_is_awaited_when_the_nursery_comes_is_waited_for() -> None:
    office = Office(procs=2)
    office.say("nursery", w.RegisterNursery(5, (100, 101), True))
    office.start()
    assert not office.heard("nursery", w.NewM)
    office.wait(EXPECT_NS)
    assert office.heard("nursery", w.NewM), "they do not come"


def test_a_child_that_died_before_it_registered_is_not_waited_for() -> None:
    office = busy()
    office.start()
    office.say("nursery", w.Forked(101), w.MExited(101, 1, 0))
    assert office.heard("nursery", w.NewM)


def test_a_running_m_hears_of_hunger_when_another_could_be_made() -> None:
    office = busy()
    assert office.m(0).told_hungry
    office = busy(grows=False)
    assert not office.m(0).told_hungry


def test_a_nursery_that_does_not_grow_is_not_asked() -> None:
    office = busy(grows=False)
    office.start()
    assert not office.heard("nursery", w.NewM) and len(office.state.table.ps[1].runq) + len(office.state.globrunq) == 1


def test_one_that_cannot_is_left_alone_for_a_while() -> None:
    office = busy()
    office.start()
    office.say("nursery", w.NoM("fork: no"))
    assert not office.heard("nursery", w.NewM) and office.logs[-1].fields == (("reason", "fork: no"),)
    office.wait(DECLINED_NS)
    assert office.heard("nursery", w.NewM)


def test_over_the_limit_the_programs_that_wait_end_as_in_go() -> None:
    office = busy(max_threads=1)
    office.start()
    (drop,) = office.heard("w0", w.Drop)
    office.say("w0", w.Dropped(drop.program))
    (ended,) = office.heard("client", w.Ended)
    assert (ended.kind, ended.code) == ("fatal", 2)
    assert ended.text == "runtime: program exceeds 1-thread limit\nfatal error: thread exhaustion\n"
    assert list(office.state.programs) == [1], "the one that runs goes on"


def test_an_m_that_is_blocked_keeps_its_p_while_nobody_could_use_it() -> None:
    office = busy(grows=False)
    p, epoch = office.lease(0)
    office.say("w0", w.Blocked(p, epoch, LOAD))
    assert not office.heard("w0", w.HandOff)
    office.say("w1", w.RegisterM(101, PYTHON, "at w1"))
    assert office.heard("w0", w.HandOff) == [w.HandOff(p, epoch)]
    office.say("w0", w.Renew(9, p, epoch, LOAD))
    assert not office.heard("w0", w.HandOff), "it is told once"


def test_one_that_returned_meanwhile_is_not_told() -> None:
    office = busy(grows=False)
    p, epoch = office.lease(0)
    office.say("w0", w.Blocked(p, epoch, LOAD))
    office.say("w0", w.Returned(p, epoch))
    office.say("w1", w.RegisterM(101, PYTHON, "at w1"))
    assert not office.heard("w0", w.HandOff)


def test_a_p_that_is_handed_off_goes_to_an_idle_m_with_all_that_it_has() -> None:
    office = Office(procs=1, ms=2)
    program = office.start()
    p, epoch = office.lease(0)
    office.say("w0", w.Blocked(p, epoch, LOAD))
    office.say("w0", w.ReleaseP(p, epoch, LOAD, False, records(program, 2, 3), blocked=True))
    (lease,), (work,) = office.heard("w1", w.LeaseP), office.heard("w1", w.Work)
    assert lease.p == p and [record.goid for record in work.records] == [2, 3]
    office.say("w0", w.Inject(records(program, 4)))
    assert len(office.state.globrunq) == 1 and office.m(0).p is None, "who is blocked gets nothing"
    office.release(1)
    (work,) = office.heard("w1", w.Work)
    assert [record.goid for record in work.records] == [4]
    office.want(0)
    office.release(1)
    assert office.heard("w0", w.LeaseP)


def test_who_comes_back_gets_its_own_p_if_that_is_idle() -> None:
    office = Office(procs=2, ms=2)
    program = office.start()
    office.took(0, program, 1)
    p, epoch = office.lease(0)
    office.say("w0", w.ReleaseP(p, epoch, LOAD, False, (), blocked=True))
    office.want(0)
    assert office.heard("w0", w.LeaseP)[0].p == p


def test_who_comes_back_with_nothing_is_idle() -> None:
    office = Office(procs=1, ms=1)
    office.start()
    office.say("w0", w.ReleaseP(*office.lease(0), LOAD, False, (), blocked=True))
    assert office.state.members.idle == 0
    office.say("w0", w.Returned(NO_P, Epoch(0)))
    assert office.state.members.idle == 1


def idle(exit_s: float | None = 1.0) -> Office:
    """One M that runs, and one that was made for a program which is over."""
    office = busy()
    office.core.state.idle_exit_ns = None if exit_s is None else int(exit_s * SECOND)
    program = office.start()
    office.say("nursery", w.Forked(101))
    office.say("w1", w.RegisterM(101, PYTHON, "at w1"))
    office.took(1, program, 1)
    office.main_returns(1, program)
    office.release(1)
    office.drop(program, 0, 1)
    assert list(office.state.programs) == [1]
    return office


def test_an_m_that_was_made_ends_when_it_has_been_idle_for_long_if_that_is_asked_for() -> None:
    office = idle()
    office.wait(SECOND - 1)
    assert not office.heard("w1", w.Stop)
    office.wait(1)
    assert office.heard("w1", w.Stop) == [w.Stop("it was idle")] and len(office.state.members.ms) == 1
    assert office.heard("w0", w.Roster)[0].gone == (1,)
    office.say("nursery", w.MExited(101, 0, 0))
    assert not office.logs, "nothing went wrong"
    office.start()
    assert office.heard("nursery", w.NewM)
    office = idle(None)
    office.wait(2 * SECOND)
    assert not office.heard("w1", w.Stop)


def test_it_is_looked_at_when_it_is_due_and_not_before() -> None:
    office = idle()
    assert next_retirement(office.state) == office.clock.now() + SECOND
    assert next_retirement(idle(None).state) is None


def test_one_that_has_worked_meanwhile_is_idle_anew() -> None:
    office = idle()
    office.wait(SECOND - 1)
    office.want(1)
    office.release(1)
    office.wait(1)
    assert not office.heard("w1", w.Stop)
    office.wait(SECOND)
    assert office.heard("w1", w.Stop)


def test_one_that_had_a_goroutine_of_a_program_that_runs_stays_for_others_may_use_its_channels() -> None:
    office = idle()
    office.want(1)
    office.took(1, ProgramId(1), 7)
    office.release(1)
    office.wait(2 * SECOND)
    assert not office.heard("w1", w.Stop) and next_retirement(office.state) is None and office.m(1).pid == 101


def test_those_that_were_there_from_the_start_stay() -> None:
    office = idle()
    office.release(0)
    office.wait(2 * SECOND)
    assert office.heard("w1", w.Stop) and not office.heard("w0", w.Stop)


def test_a_core_takes_the_limit() -> None:
    assert Core(1, 1, PYTHON, Office().clock.now(), 7).state.max_threads == 7


def test_who_watches_is_told_of_the_hand_off_step_by_step() -> None:
    office = Office(procs=1, ms=1)
    office.say("nursery", w.RegisterNursery(5, (100,), True))
    program = office.start(explain=True)
    p, epoch = office.lease(0)
    told: list[tuple[str, int, int, str]] = []

    def say(peer: str, message: w.ToCoordinator) -> None:
        office.say(peer, message)
        steps = [step for traced in office.heard("client", w.Traced) for step in traced.steps]
        told.extend((step.kind, step.m, step.p, step.detail) for step in steps)

    say("w0", w.Blocked(p, epoch, LOAD))
    say("w0", w.ReleaseP(p, epoch, LOAD, False, records(program, 2), blocked=True))
    say("nursery", w.Forked(101))
    say("w1", w.RegisterM(101, PYTHON, "at w1"))
    say("w0", w.AcquireP(LOAD))
    office.wait(SLICE_NS)
    assert told == [
        ("Retake", 0, 0, "blocked"),
        ("ProcStop", 0, 0, "handed off: its M is blocked"),
        ("NewM", -1, -1, ""),
        ("MStart", 1, -1, "pid=101"),
        ("ProcStart", 1, 0, "epoch=2"),
        ("ProcWant", 0, -1, ""),
    ]
    (asked,) = [step for traced in office.heard("client", w.Traced) for step in traced.steps]
    assert (asked.kind, asked.m, asked.p) == ("Retake", 1, 0)
    told.clear()
    say("w1", w.ReleaseP(p, office.lease(1)[1], LOAD, True))
    assert told[:2] == [("ProcStop", 1, 0, "asked back"), ("ProcStart", 0, 0, "epoch=3")]
