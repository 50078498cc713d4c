"""What happens by the passing of time."""

import pytest

from cluster.model.clock import MILLISECOND
from cluster.model.limits import CLIENT_EXPIRE_NS, LEASE_EXPIRE_NS
from cluster.wire import messages as w
from coordinator.core.sysmon import STATUS_PATIENCE_NS, SURVEY_PERIOD_NS, SURVEY_RETRY_NS
from tests.coordinator.office import LOAD, Office

DEAD = (1, 0, 0, 1)  # one goroutine, not active; one record was received, as many as the coordinator sent


def test_an_m_is_lost_after_its_time_and_not_a_nanosecond_before() -> None:
    office = Office(procs=1, ms=1)
    office.wait(LEASE_EXPIRE_NS)
    assert len(office.state.members.ms) == 1
    assert office.core.deadline == office.clock.now() + 1
    office.wait(1)
    assert not office.state.members.ms and not office.state.members.by_peer


def test_any_word_of_an_m_keeps_it_and_so_does_its_parents() -> None:
    office = Office(procs=1, ms=2)
    office.wait(LEASE_EXPIRE_NS)
    office.say("w0", w.AcquireP(LOAD))
    office.say("nursery", w.Vouch((101,)))
    office.wait(LEASE_EXPIRE_NS)
    assert len(office.state.members.ms) == 2


def test_the_p_of_a_silent_m_is_leased_again_and_its_old_lease_is_refused() -> None:
    office = Office(procs=1, ms=2)
    program = office.start()
    office.took(0, program, 1)
    p, epoch = office.lease(0)
    office.wait(LEASE_EXPIRE_NS)
    office.want(1)
    office.wait(1)
    assert office.lease(1) == (p, epoch + 1)
    assert [ended.kind for ended in office.heard("client", w.Ended)] == []
    office.drop(program, 1)
    (ended,) = office.heard("client", w.Ended)
    assert ended.text.startswith("cluster.LostError: M 0 (pid 100) was silent for 3.0 s, with goroutines")
    office.say("w0", w.FindWork(p, epoch, LOAD))
    assert office.heard("w0", w.Fenced)


def test_a_client_that_is_gone_takes_its_programs_with_it() -> None:
    office = Office(procs=2, ms=2)
    gone, stays = office.start("ann"), office.start("bob")
    for _ in range(5):
        office.wait(CLIENT_EXPIRE_NS // 4)
        for peer in ("w0", "w1"):
            office.say(peer, w.AcquireP(LOAD))
        office.say("bob", w.Alive())
        assert office.heard("bob", w.Alive)
    assert office.state.programs[gone].result is not None and office.state.programs[stays].result is None


def test_a_program_is_dead_after_two_rounds_that_agree() -> None:
    office = Office(procs=1, ms=1)
    office.start()
    office.find_work(0)
    office.answer_survey(DEAD)
    assert not office.heard("w0", w.Dump)
    office.answer_survey(DEAD)
    assert office.heard("w0", w.Dump)


@pytest.mark.parametrize("alive", [(1, 1, 0, 1), (1, 0, 1, 1), (1, 0, 0, 2)])
def test_a_program_that_is_active_or_has_messages_under_way_is_not_dead(alive: tuple[int, int, int, int]) -> None:
    office = Office(procs=1, ms=1)
    office.start()
    office.find_work(0)
    office.answer_survey(DEAD)
    office.answer_survey(alive)
    assert not office.heard("w0", w.Dump)
    if alive[1]:
        assert not office.heard("w0", w.Survey), "whoever is active will say when it is not"
        office.say("w0", w.FoundWork(*office.lease(0), LOAD))
        office.find_work(0)
    else:
        office.wait(SURVEY_RETRY_NS)
    office.answer_survey(DEAD)
    assert not office.heard("w0", w.Dump), "the two rounds must follow each other"
    office.answer_survey(DEAD)
    assert office.heard("w0", w.Dump)


def test_nobody_is_asked_while_an_m_runs_or_wants_or_goroutines_wait() -> None:
    office = Office(procs=2, ms=3)
    office.start()
    office.want(1)
    office.find_work(0)
    assert not office.heard("w0", w.Survey)
    office.want(2)
    office.find_work(1)
    assert not office.heard("w0", w.Survey)


def test_with_several_programs_there_is_a_survey_now_and_then() -> None:
    office = Office(procs=2, ms=2)
    office.start("ann"), office.start("bob")
    for _ in range(3):
        assert office.core.deadline == office.clock.now() + SURVEY_PERIOD_NS
        office.wait(SURVEY_PERIOD_NS)
        rounds = [office.heard(f"w{i}", w.Survey)[0].round for i in (0, 1)]
        for i, round in enumerate(rounds):
            office.say(
                f"w{i}",
                w.Surveyed(round, tuple(w.Census(p, 1, 1, 0, 1, 0, 0) for p in office.state.programs), LOAD, ()),
            )


def test_a_survey_is_complete_without_an_m_that_died_in_it() -> None:
    office = Office(procs=1, ms=2)
    office.start()
    office.find_work(0)
    (asked,) = office.heard("w0", w.Survey)
    office.say("w0", w.Surveyed(asked.round, (), LOAD, ()))
    assert office.state.surveys.round is not None
    office.say("nursery", w.MExited(101, 0, 9))
    assert office.state.surveys.round is None or office.state.surveys.round.id > asked.round


def test_a_status_is_told_when_all_have_answered() -> None:
    office = Office(procs=1, ms=1)
    office.say("client", w.AskStatus())
    assert not office.heard("client", w.Status)
    office.answer_survey((0, 0, 0, 0))
    assert len(office.heard("client", w.Status)) == 1


def test_a_status_is_told_without_ms_that_do_not_answer_and_told_once() -> None:
    office = Office(procs=1, ms=1)
    office.say("client", w.AskStatus())
    (asked,) = office.heard("w0", w.Survey)
    office.wait(STATUS_PATIENCE_NS)
    assert len(office.heard("client", w.Status)) == 1
    office.say("w0", w.Surveyed(asked.round, (), LOAD, ()))
    assert not office.heard("client", w.Status)


def test_a_status_without_any_m_is_told_at_once() -> None:
    office = Office(procs=3)
    office.say("client", w.AskStatus())
    (status,) = office.heard("client", w.Status)
    assert (status.procs, status.ms, len(status.ps)) == (3, (), 3)


def test_a_schedtrace_comes_as_often_as_asked_and_on_stderr() -> None:
    office = Office(procs=1, ms=1)
    program = office.start(godebug="schedtrace=5")
    for ms in (0, 5, 10):
        if ms:
            assert office.core.deadline == office.clock.now() + 5 * MILLISECOND
            office.wait(5 * MILLISECOND)
        office.answer_survey((1, 1, 0, 1))
        (output,) = office.heard("client", w.Output)
        assert output.stream == 2 and output.program == program
        assert output.data.startswith(b"SCHED %dms: gomaxprocs=1" % ms)


def test_a_cluster_that_stops_ends_programs_and_tells_everybody() -> None:
    office = Office(procs=1, ms=1)
    office.say("nursery", w.RegisterNursery(1))
    program = office.start()
    office.say("boss", w.StopCluster())
    assert office.heard("client", w.Ended) == [w.Ended(program, "interrupted", 1, "the cluster was stopped", b"")]
    assert office.core.done
    office.perform(office.core.stop(office.clock.now()))
    assert office.said == [(peer, w.Stop("the cluster was stopped")) for peer in ("w0", "nursery")]


def test_a_second_status_is_told_at_once_while_an_m_is_silent() -> None:
    office = Office(ms=2)
    office.say("asker", w.AskStatus())
    office.say("w0", w.Surveyed(office.state.surveys.rounds, (), LOAD, ()))
    assert not office.heard("asker", w.Status)
    office.wait(STATUS_PATIENCE_NS)
    assert len(office.heard("asker", w.Status)) == 1
    office.say("another", w.AskStatus())
    assert len(office.heard("another", w.Status)) == 1 and not office.heard("asker", w.Status)
