"""The entrance: who may speak, under which lease, and what a refused message changes. Nothing."""

from copy import deepcopy

import pytest

from cluster.model.ids import NO_P, Epoch, PId, ProgramId
from cluster.model.lease import ACROSS_MACHINES
from cluster.model.limits import LEASE_EXPIRE_NS, LEASE_GIVE_UP_NS, LEASE_RENEW_NS
from cluster.wire import messages as w
from coordinator.core import step
from tests.coordinator.office import LOAD, OPTIONS, PYTHON, SOURCE, Office, records

PROGRAM = ProgramId(1)
UNDER_LEASE = {
    "Renew": lambda p, epoch: w.Renew(1, p, epoch, LOAD),
    "FindWork": lambda p, epoch: w.FindWork(p, epoch, LOAD),
    "FoundWork": lambda p, epoch: w.FoundWork(p, epoch, LOAD),
    "ReleaseP": lambda p, epoch: w.ReleaseP(p, epoch, LOAD, True),
    "Blocked": lambda p, epoch: w.Blocked(p, epoch, LOAD),
    "Returned": w.Returned,
    "Pull": w.Pull,
    "Give": lambda p, epoch: w.Give(p, epoch, records(PROGRAM, 77)),
    "MainReturned": lambda p, epoch: w.MainReturned(p, epoch, PROGRAM, b"stale"),
    "MainFailed": lambda p, epoch: w.MainFailed(p, epoch, PROGRAM, "panic", 2, "stale"),
}


def test_every_message_that_quotes_a_lease_is_in_this_test() -> None:
    quoting = {kind.__name__ for kind in w.FromM.__args__ if "epoch" in kind._fields}
    assert quoting == set(UNDER_LEASE)


def effects(office: Office) -> object:
    """All that a message may change, but for when its sender was heard and what load it told."""
    s = deepcopy(office.state)
    for m in s.members.ms.values():
        m.heard_at, m.load, m.nonce = s.now, LOAD, 0
    ms = [(m, m.status, m.p, m.told_hungry, m.took) for m in s.members.ms.values()]
    programs = [(p.id, p.result, p.sent, p.received, p.quiet) for p in s.programs.values()]
    return repr((s.table.ps, s.table._idle, ms, programs, len(s.globrunq), s.surveys))


@pytest.mark.parametrize("message", UNDER_LEASE)
@pytest.mark.parametrize(
    "whose", ["a stale epoch", "an epoch to come", "somebody else's P", "an idle P", "no P that exists"]
)
def test_a_message_under_a_lease_not_in_force_is_refused_and_has_no_effect(message: str, whose: str) -> None:
    office = Office(procs=3, ms=3)
    office.start()
    office.give(0, *records(PROGRAM, 2, 3, 4, 5))  # M1 and M2 get some
    office.release(2)
    office.give(0, *records(PROGRAM, 6, 7, 8, 9, 10, 11))
    office.release(2)
    p, epoch = office.lease(0)
    other, other_epoch = office.lease(1)
    lease = {
        "a stale epoch": (p, Epoch(epoch - 1)),
        "an epoch to come": (p, Epoch(epoch + 1)),
        "somebody else's P": (other, other_epoch),
        "an idle P": (PId(2), office.state.table.ps[2].epoch),
        "no P that exists": (PId(3), Epoch(1)),
    }[whose]
    before = effects(office)
    office.say("w0", UNDER_LEASE[message](*lease))
    (fenced,) = office.heard("w0", w.Fenced)
    assert (fenced.p, fenced.epoch) == lease and "M 0 spoke for P" in fenced.reason
    assert [to for to, _ in office.said] == ["w0"]
    assert effects(office) == before
    assert office.logs[-1].phrase == "message under a stale lease refused"


@pytest.mark.parametrize("message", [*UNDER_LEASE, "AcquireP", "Output", "Surveyed", "Dumped", "Dropped", "Traced"])
def test_who_is_no_member_is_told_so_and_has_no_effect(message: str) -> None:
    office = Office(procs=2, ms=1)
    office.start()
    others = {
        "AcquireP": w.AcquireP(LOAD), "Output": w.Output(PROGRAM, 1, b"x\n"), "Surveyed": w.Surveyed(1, (), LOAD, ()),
        "Dumped": w.Dumped(PROGRAM, (), ()), "Dropped": w.Dropped(PROGRAM), "Traced": w.Traced(PROGRAM, (), ()),
    }  # fmt: skip
    before = effects(office)
    office.say("stranger", others[message] if message in others else UNDER_LEASE[message](*office.lease(0)))
    (fenced,) = office.heard("stranger", w.Fenced)
    assert fenced.p == NO_P and "register" in fenced.reason
    assert [to for to, _ in office.said] == ["stranger"] and effects(office) == before


def test_a_new_m_is_welcomed_with_the_periods_of_its_leases() -> None:
    office = Office(procs=3)
    office.say("w0", w.RegisterM(100, "3.x", "here"))
    assert office.heard("w0", w.Welcome) == [w.Welcome(office.m(0).id, LEASE_RENEW_NS, LEASE_GIVE_UP_NS, 3)]
    assert LEASE_GIVE_UP_NS < LEASE_EXPIRE_NS, "the holder gives up first"


def test_an_m_of_another_python_is_sent_away() -> None:
    office = Office()
    office.say("w0", w.RegisterM(100, "2.7", "here"))
    (stop,) = office.heard("w0", w.Stop)
    assert stop.reason.startswith("Python 2.7 cannot join a cluster of Python 3.x")
    assert not office.state.members.ms


def test_an_m_whose_death_was_told_before_its_first_word_came_is_no_member() -> None:
    office = Office()
    office.say("nursery", w.RegisterNursery(1), w.MExited(100, 0, 9))
    office.say("w0", w.RegisterM(100, "3.x", "here"))
    assert not office.state.members.ms and not office.heard("w0", w.Welcome)


def test_more_ms_than_the_limit_are_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "MS_MAX", 1)
    office = Office(ms=2)
    assert [m.pid for m in office.state.members.ms.values()] == [100]
    assert office.heard("w1", w.Stop)


def test_a_program_that_fills_the_global_queue_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "GLOBRUNQ_MAX", 2)
    office = Office(procs=1, ms=1)
    program = office.start()
    office.give(0, *records(program, 2, 3, 4))
    assert office.state.programs[program].result is not None
    assert "global queue" in office.state.programs[program].result.text


def test_an_m_that_registers_anew_is_another_and_the_old_one_is_lost() -> None:
    office = Office(procs=1, ms=1)
    program = office.start()
    office.say("w0", w.RegisterM(100, "3.x", "here"))
    assert [m.id for m in office.state.members.ms.values()] == [1]
    (ended,) = office.heard("client", w.Ended)
    assert ended.program == program and "M 0 (pid 100) registered anew" in ended.text


def test_output_is_acknowledged_by_its_count_once_per_step_and_after_it_was_sent_on() -> None:
    office = Office(procs=1, ms=1)
    program = office.start()
    office.say("w0", *(w.Output(program, 1, b"%d\n" % i) for i in range(3)))
    assert [output.data for output in office.heard("client", w.Output)] == [b"0\n", b"1\n", b"2\n"]
    assert office.said[-1] == ("w0", w.Told(3)) and len(office.heard("w0", w.Told)) == 1
    office.say("w0", w.Output(program, 2, b"!\n"))
    assert office.heard("w0", w.Told) == [w.Told(4)]


def test_output_of_an_m_that_registered_anew_is_counted_from_the_beginning() -> None:
    """Its outbox is new, too: with the old count, lines would be taken for acknowledged that are not."""
    office = Office(procs=1, ms=1)
    program = office.start()
    office.say("w0", *[w.Output(program, 1, b"x\n")] * 3, w.RegisterM(100, "3.x", "here"))
    assert not office.heard("w0", w.Told)
    office.say("w0", w.Output(program, 1, b"y\n"))
    assert office.heard("w0", w.Told) == [w.Told(1)]


def test_renewals_are_answered_with_their_nonce_and_what_the_m_holds() -> None:
    office = Office(procs=1, ms=2)
    office.start()
    office.say("w0", w.Renew(5, NO_P, Epoch(0), LOAD))  # it crossed the lease
    assert office.heard("w0", w.Renewed) == [w.Renewed(5, *office.lease(0), False, False)]
    office.say("w1", w.Renew(6, NO_P, Epoch(0), LOAD))
    assert office.heard("w1", w.Renewed)[0][:3] == (6, NO_P, 0)
    office.want(1)
    office.say("w1", w.Renew(7, NO_P, Epoch(0), LOAD))
    office.release(0)
    assert office.heard("w1", w.LeaseP)[0].nonce == 7, "the lease counts from when that was sent"


def test_words_that_crossed_an_order_are_taken_as_they_were_meant() -> None:
    office = Office(procs=1, ms=1)
    office.start()
    office.want(0)  # it holds a P by now
    office.say("w0", w.FoundWork(*office.lease(0), LOAD))  # it was given work by now
    office.find_work(0)
    office.find_work(0)
    assert not office.heard("w0", w.Fenced)


def test_clients_and_nurseries_are_answered_when_they_ask_whether_anybody_is_there() -> None:
    office = Office()
    office.say("nursery", w.RegisterNursery(5))
    for peer in ("nursery", "client", "passer-by"):
        office.say(peer, w.Alive())
        assert office.said == [(peer, w.Alive())]


def test_a_peer_that_was_cut_off_is_lost_as_m_and_as_client() -> None:
    office = Office(procs=1, ms=1)
    program = office.start("ann")
    office.perform(office.core.cut_off(office.m(0).peer, office.clock.now()))
    (ended,) = office.heard("ann", w.Ended)
    assert ended.program == program and "sent bytes that are no messages" in ended.text
    office.start("bob")
    bob = next(peer for peer in office.state.clients if peer == b"bob")
    office.perform(office.core.cut_off(bob, office.clock.now()))
    assert [ended.kind for ended in office.heard("bob", w.Ended)] == ["interrupted"]


def test_an_m_that_its_parent_saw_die_is_gone_with_the_reason() -> None:
    office = Office(procs=1, ms=2)
    office.say("nursery", w.MExited(101, 3, 0))
    assert [m.id for m in office.state.members.ms.values()] == [0]
    assert office.logs[-1].fields == (("m", 1), ("pid", 101), ("why", "exited with code 3"))


def test_the_same_messages_at_the_same_times_give_the_same_commands() -> None:
    def story() -> list[str]:
        office, said = Office(procs=2, ms=3), []
        office.start("ann", explain=True)
        for act in (
            lambda: office.give(0, *records(PROGRAM, 2, 3)),
            lambda: office.find_work(1),
            lambda: office.wait(10**9),
        ):
            act()
            said.append(repr(office.said))
        return said

    assert story() == story()


def test_clients_and_parents_of_ms_are_not_without_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "CLIENTS_MAX", 1)
    monkeypatch.setattr(step, "NURSERIES_MAX", 1)
    office = Office(ms=1)
    office.start("first")
    office.say("second", w.StartProgram("p", SOURCE, OPTIONS, b""))
    assert office.heard("second", w.Refused) == [w.Refused("there are 1 clients: no more can join")]
    office.start("first")
    office.say("nursery", w.RegisterNursery(1))
    office.say("another", w.RegisterNursery(2))
    (stop,) = office.heard("another", w.Stop)
    assert "no more can join" in stop.reason
    office.say("nursery", w.Alive())
    assert office.heard("nursery", w.Alive) and list(office.state.members.nurseries) == [b"nursery"]


def test_who_asks_for_the_status_again_and_again_is_told_once_and_keeps_no_memory() -> None:
    office = Office(ms=1)
    office.say("client", *[w.AskStatus()] * 1000)
    office.say("w0", w.Surveyed(1, (), LOAD, ()))
    assert len(office.heard("client", w.Status)) == 1


def test_bad_frames_are_counted_for_the_m_that_dropped_them_and_together_for_all_others() -> None:
    office = Office(ms=1)
    office.say("w0", w.BadFrame(), w.BadFrame())
    office.say("stranger", w.BadFrame())
    assert (office.m(0).bad_frames, office.state.bad_frames) == (2, 1)


def test_an_m_that_registers_with_a_key_has_it_told_to_the_others() -> None:
    office = Office(ms=1)
    office.say("w1", w.RegisterM(7, PYTHON, "at w1", key="k"))
    (roster,) = office.heard("w0", w.Roster)
    assert [(peer.endpoint, peer.key) for peer in roster.peers] == [("at w0", ""), ("at w1", "k")]


def test_periods_of_leases_are_those_that_the_core_was_made_with() -> None:
    office = Office(ms=0)
    office.core.state.periods = ACROSS_MACHINES
    office.say("w0", w.RegisterM(7, PYTHON, "at w0"))
    (welcome,) = office.heard("w0", w.Welcome)
    assert (welcome.renew_ns, welcome.give_up_ns) == (ACROSS_MACHINES.renew_ns, ACROSS_MACHINES.give_up_ns)
    office.wait(ACROSS_MACHINES.expire_ns)
    assert office.state.members.ms
    office.wait(1)
    assert not office.state.members.ms
