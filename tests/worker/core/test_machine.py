"""The M as a state machine: leases, work, gifts, ends, fences."""

import sys

import pytest

from cluster.model.ids import NO_M, NO_P, Epoch, MId
from cluster.model.limits import LEASE_GIVE_UP_NS, LEASE_RENEW_NS, SEARCH_NS, SPIN_NS
from cluster.wire import messages as w
from tests.worker.seat import EPOCH, ME, OPTIONS, OTHER, P0, REGISTER, SOURCE, WELCOME, A, B, Seat
from worker.core.find_runnable import State
from worker.core.lease import UNANSWERED_MAX
from worker.core.machine import CUT_OFF
from worker.core.outbox import COORDINATOR
from worker.core.programs import Hosted

MAIN = w.Record(A, 1, b"")


def kinds(sent: list[tuple[MId, w.Message]]) -> list[str]:
    return [type(message).__name__ for _, message in sent]


def running(text: str) -> Seat:
    """The program has begun, and its first run is over."""
    seat = Seat(text)
    seat.join()
    seat.lease()
    seat.work(MAIN)
    seat.turns(3)
    return seat


def test_an_m_registers_first_and_says_nothing_else_until_it_is_welcomed() -> None:
    seat = Seat()
    assert seat.turn() == [(COORDINATOR, REGISTER)]
    assert seat.turn(10_000) == [] and seat.machine.me == NO_M
    seat.take(WELCOME)
    assert kinds(seat.turn(10_000)) == ["Renew"] and seat.machine.me == ME


def test_it_meets_the_others_but_not_itself() -> None:
    seat = Seat()
    seat.join()
    seat.take(w.Roster((w.Peer(ME, "here"), w.Peer(OTHER, "there")), (MId(1),)))
    assert seat.met == [((w.Peer(OTHER, "there"),), (MId(1),))]


def test_a_program_of_which_the_second_thread_hears_while_the_first_looks_what_to_load() -> None:
    """The first looks outside of the shell's lock."""
    seat = Seat()
    seat.join()
    machine = seat.machine

    class Heard(Hosted):
        def __getattribute__(self, name: str) -> object:
            if name == "pickling":
                assert machine.take_aside(COORDINATOR, w.LoadProgram(B, SOURCE, OPTIONS, 0, 1))
            return super().__getattribute__(name)

    machine.programs[A] = Heard(w.LoadProgram(A, SOURCE, OPTIONS, 0, 1))
    machine.programs[A].closed = True
    assert not machine.wants_load
    assert list(machine.programs) == [A, B] and machine.wants_load


def test_a_program_runs_to_its_end_and_its_end_is_told_under_the_lease() -> None:
    seat = running("def main(): log.append('ran')")
    assert seat.log() == ["ran"]
    assert seat.heard(w.MainReturned) == [w.MainReturned(P0, EPOCH, A, b"")]
    assert seat.hosted().closed and not seat.gs()


def test_what_main_returns_goes_to_a_client_that_gave_a_function() -> None:
    seat = Seat("async def main(x): return x + 1")
    seat.take(WELCOME, w.LoadProgram(A, SOURCE, OPTIONS._replace(by_path=False), 0, 1))
    seat.machine.load()
    pickling = seat.hosted().pickling
    assert pickling is not None
    seat.lease()
    seat.work(w.Record(A, 1, pickling.dumps((seat.module().main, (41,)))))
    seat.settle()
    (returned,) = seat.heard(w.MainReturned)
    assert pickling.loads(returned.value) == 42


def test_what_main_returns_and_cannot_be_sent_is_an_error() -> None:
    seat = Seat("import threading\ndef main(): return threading.Lock()")
    seat.take(WELCOME, w.LoadProgram(A, SOURCE, OPTIONS._replace(by_path=False), 0, 1))
    seat.lease()
    seat.work(MAIN)
    seat.settle()
    (failed,) = seat.heard(w.MainFailed)
    assert (failed.kind, failed.code) == ("load", 1) and "what main returned must go to another process" in failed.text


@pytest.mark.parametrize(
    ("body", "kind", "code", "text"),
    [
        ("1 / 0", "panic", 2, "panic: ZeroDivisionError: division by zero\n\ngoroutine 1 [running]:\n"),
        ("go(None)", "fatal", 2, "fatal error: go of nil func value\n\ngoroutine 1 ["),
        ("raise SystemExit(5)", "exit", 5, ""),
    ],
)
def test_a_program_that_fails_says_how(body: str, kind: str, code: int, text: str) -> None:
    seat = running(f"async def main(): {body}")
    (failed,) = seat.heard(w.MainFailed)
    assert failed[:5] == (P0, EPOCH, A, kind, code) and failed.text.startswith(text)


def test_a_program_that_cannot_be_loaded_fails_once_some_of_it_should_run_here() -> None:
    seat = Seat()
    seat.unloadable = "error: no such file\n"
    seat.join()
    seat.turns(3)
    assert not seat.heard(w.MainFailed)
    seat.lease()
    seat.work(MAIN)
    failed = [m for _, m in seat.turns(4) if isinstance(m, w.MainFailed)]
    assert failed == [w.MainFailed(P0, EPOCH, A, "load", 1, "error: no such file\n")]


def test_a_goroutine_that_cannot_be_read_ends_its_program() -> None:
    seat = running("async def main(): await waits()")
    seat.work(w.Record(A, 60, b"\x80\x05."))
    (failed,) = [m for _, m in seat.turns(4) if isinstance(m, w.MainFailed)]
    assert failed.kind == "load" and "goroutine 60 cannot be read on this worker" in failed.text


def test_an_m_without_work_asks_keeps_its_p_a_while_and_gives_it_back() -> None:
    seat = running("async def main(): await waits()")
    assert [sent for sent in kinds(seat.turns(3)) if sent != "Renew"] == ["FindWork"]
    assert seat.machine.find.state is State.SEARCHING and seat.machine.lease.holds(P0, EPOCH)
    assert "ReleaseP" not in kinds(seat.turn(SEARCH_NS - 1))
    seat.turn(1)
    (release,) = seat.heard(w.ReleaseP)
    assert (release.p, release.epoch, release.wants) == (P0, EPOCH, False)
    assert seat.machine.find.state is State.IDLE and seat.machine.lease.lease is None


def test_an_m_in_conversation_waits_for_its_answer_before_it_asks_for_work() -> None:
    seat = running("async def main(): await waits()")
    seat.turns(3)
    seat.take(w.Told(0), source=OTHER)
    seat.work(seat.record("write", "x"))
    seat.turns(2)
    assert "FindWork" not in kinds(seat.turn(SPIN_NS - 1))
    seat.turn(1)
    assert seat.machine.find.state is State.SEARCHING


def test_work_that_comes_while_it_searches_is_told_and_run() -> None:
    seat = running("async def main(): await waits()")
    seat.turns(3)
    seat.work(seat.record("write", "x"))
    assert "FoundWork" in kinds(seat.turns(2))
    assert seat.log() == ["x"]


def test_goroutines_that_wake_without_a_p_make_their_m_want_one_and_it_asks_once() -> None:
    seat = running("async def main():\n    await sleep(0.05)\n    log.append('woke')\n    await waits()")
    seat.turns(3)
    seat.turn(SEARCH_NS)
    assert seat.machine.find.state is State.IDLE
    assert seat.machine.sched.timers.next() == 1_050_000_000
    seat.clock.advance(50_000_000)
    asked = [kind for kind in kinds(seat.turns(3)) if kind != "Renew"]
    assert asked == ["AcquireP"] and seat.log() == []
    seat.lease(Epoch(EPOCH + 1))
    seat.turn()
    assert seat.log() == ["woke"]


def test_a_timer_fires_while_the_m_searches_with_its_p_in_hand() -> None:
    seat = running("async def main():\n    await sleep(0.001)\n    log.append('woke')\n    await waits()")
    seat.turns(2)
    assert seat.machine.find.state is State.SEARCHING
    seat.turn(1_000_000)
    assert "FoundWork" in kinds(seat.sent) and seat.machine.may_run


def test_a_p_that_is_asked_back_is_given_back_and_the_m_stands_in_line() -> None:
    seat = running("async def main():\n    while True: await gosched()")
    seat.take(w.Retake(P0, Epoch(EPOCH - 1)))
    assert "ReleaseP" not in kinds(seat.turns(2)), "that was an earlier lease"
    seat.take(w.Retake(P0, EPOCH))
    (release,) = [m for _, m in seat.turns(2) if isinstance(m, w.ReleaseP)]
    assert release.wants and seat.machine.find.state is State.WANTING and not seat.machine.may_run
    seat.lease(Epoch(EPOCH + 1))
    assert seat.machine.may_run, "and nobody asks this lease back"
    assert "ReleaseP" not in kinds(seat.turns(2))


def test_no_goroutine_runs_when_the_lease_has_run_out_until_it_is_renewed() -> None:
    seat = running("async def main():\n    while True:\n        log.append(1)\n        await gosched()")
    ran, pumped = len(seat.log()), list[int]()
    seat.on_pump = lambda: pumped.append(1)
    seat.clock.advance(LEASE_GIVE_UP_NS)
    seat.turn()
    seat.turn()
    assert len(seat.log()) == ran and len(pumped) == 2
    (renew,) = [m for _, m in seat.turn(LEASE_RENEW_NS) if isinstance(m, w.Renew)]
    assert (renew.p, renew.epoch) == (P0, EPOCH)
    seat.take(w.Renewed(renew.nonce, P0, EPOCH, False, False))
    seat.turn()
    assert len(seat.log()) > ran


FAMILY = """
    async def main():
        for name in "abcdef":
            go(write, name)
        await gosched()
        await waits()
"""


def test_a_hungry_coordinator_is_given_half_of_what_can_move_once() -> None:
    seat = Seat(FAMILY)
    seat.join()
    seat.lease()
    seat.work(MAIN)
    seat.machine._budget = 1
    seat.turns(2)
    seat.take(w.Hunger(True, False))
    seat.settle()
    assert [len(give.records) for give in seat.heard(w.Give)] == [3]
    assert seat.hosted().sent == 3 and len(seat.log()) == 3
    assert not seat.machine.sched.hungry


def test_an_m_that_has_one_goroutine_only_keeps_it_and_remembers_who_is_hungry() -> None:
    seat = running("async def main():\n    while True: await gosched()")
    seat.take(w.Hunger(True, False))
    assert "Give" not in kinds(seat.turns(2)) and seat.machine.sched.hungry


def test_what_cannot_be_sent_is_not_given_and_stays_runnable() -> None:
    seat = Seat("""
        import threading
        async def main():
            lock = threading.Lock()
            for _ in range(3):
                go(write, lock)
            await gosched()
            await waits()
    """)
    seat.join()
    seat.lease()
    seat.work(MAIN)
    seat.machine._budget = 1
    seat.turns(2)
    seat.take(w.Hunger(True, False))
    sent = seat.turns(3)
    assert "Give" not in kinds(sent) and len(seat.log()) == 3


def test_a_backlog_is_pulled_every_61_slices() -> None:
    seat = running("async def main():\n    while True: await gosched()")
    seat.take(w.Hunger(False, True))
    pulls, began = 0, seat.machine.sched.tick
    seat.machine._budget = 10
    while seat.machine.sched.tick - began < 61 * 5:
        pulls += sum(isinstance(m, w.Pull) for _, m in seat.turn())
        seat.machine._budget = 10
    assert 4 <= pulls <= 5


def test_fenced_an_m_drops_everything_and_registers_once() -> None:
    seat = running("async def main(): await waits()")
    old = seat.machine
    seat.machine.outbox.output(A, 1, b"of another time\n")
    seat.take(w.Fenced(P0, EPOCH, "stale"), w.Fenced(P0, EPOCH, "stale"), w.Fenced(NO_P, Epoch(0), "no member"))
    assert seat.turn(10_000) == [(COORDINATOR, REGISTER)]
    assert not old.programs and old.lease.lease is None and old.find.state is State.IDLE and seat.forgotten == [A]


def test_what_was_meant_for_the_m_that_was_fenced_is_not_taken_by_the_one_that_registers() -> None:
    seat = running("async def main(): await waits()")
    seat.take(w.Fenced(P0, EPOCH, "stale"))
    seat.take(w.LoadProgram(B, SOURCE, OPTIONS, 0, 1), w.LeaseP(P0, Epoch(9), 0, 0, 1, False))
    seat.take(w.Work(P0, Epoch(9), (w.Record(B, 1, b""),)), w.Survey(1, False), w.Drop(A), w.Retake(P0, Epoch(9)))
    seat.take(w.Tell(A, 1, 3, 1, b""), source=OTHER)
    assert not seat.machine.take_aside(COORDINATOR, w.Survey(2, False)), "the main thread throws it away"
    assert seat.turn() == [(COORDINATOR, REGISTER)] and not seat.machine.programs
    seat.take(w.Welcome(MId(8), 1, 2, 1))
    assert seat.machine.me == 8


def test_work_of_an_earlier_lease_is_taken_and_of_a_lease_never_held_is_not() -> None:
    seat = running("async def main(): await waits()")
    seat.turns(3)
    seat.turn(SEARCH_NS)
    assert seat.machine.lease.lease is None
    record = seat.record("write", "x")
    seat.work(record, epoch=Epoch(EPOCH + 7))
    assert not seat.hosted().inbox
    seat.work(record)  # it crossed the word that the P was given back
    assert "AcquireP" in kinds(seat.turns(2))


def test_a_dropped_program_leaves_nothing_and_runs_none_of_its_finally_blocks() -> None:
    seat = running("""
        async def main():
            try:
                go(write, "never")
                await sleep(1)
            finally:
                log.append("finally")
    """)
    seat.machine.take(COORDINATOR, w.Drop(A))
    log = seat.forgotten
    sent = seat.turns(3)
    assert "Dropped" in kinds(sent) and log == [A] and not seat.machine.programs
    assert f"__gmp_main_{A}__" not in sys.modules
    seat.work(w.Record(A, 9, b""))
    assert not seat.machine.sched.runnable() and not seat.machine._work()


def test_the_last_words_of_a_program_leave_before_it_says_that_it_is_dropped() -> None:
    for aside in (False, True):
        seat = running("async def main(): await waits()")
        seat.turns(3)
        seat.machine.outbox.output(A, 1, b"a line\n")
        assert seat.hosted().lines[1].write(None, "half a line") == ""
        if aside:
            assert not seat.machine.take_aside(COORDINATOR, w.Drop(A)), "the rest waits for the main thread"
        else:
            seat.take(w.Drop(A))
        sent = [m for _, m in seat.send() if isinstance(m, w.Output | w.Dropped)]
        assert sent == [w.Output(A, 1, b"a line\nhalf a line"), w.Dropped(A)]


def test_two_programs_are_apart_and_the_end_of_one_leaves_the_other() -> None:
    seat = running("async def main(): await waits()")
    seat.take(w.LoadProgram(B, SOURCE, OPTIONS, 0, 1))
    seat.work(w.Record(B, 1, b""))
    seat.turns(4)
    assert seat.module(A) is not seat.module(B)
    assert len(seat.gs(A)) == len(seat.gs(B)) == 1
    seat.take(w.Drop(A))
    assert list(seat.machine.programs) == [B] and len(seat.gs(B)) == 1


def test_a_dump_is_given_also_of_a_program_that_is_not_known() -> None:
    seat = running("async def main(): await waits()")
    seat.take(w.Dump(A), w.Dump(B))
    seat.send()
    mine, none = seat.heard(w.Dumped)
    assert mine.goids == (1,) and none == w.Dumped(B, (), ())


def test_an_m_stops_when_it_is_told() -> None:
    seat = Seat()
    seat.join()
    seat.take(w.Stop("the cluster was stopped"))
    assert seat.machine.done == "the cluster was stopped"


def cut_off(seat: Seat) -> None:
    """Nobody answers, for as long as an M bears that."""
    unanswered = 0
    while seat.machine.me != NO_M:
        assert not seat.machine.done
        seat.turn(LEASE_RENEW_NS)
        unanswered += 1
    assert unanswered in (UNANSWERED_MAX - 1, UNANSWERED_MAX), "one may have been sent before"


def test_an_m_that_lost_its_coordinator_drops_what_it_has_and_comes_back_as_a_new_m() -> None:
    seat = Seat("async def main(): await waits()")
    seat.begin()
    cut_off(seat)
    assert seat.machine.me == NO_M and not seat.machine.programs and seat.forgotten == [A]
    assert seat.heard(w.RegisterM) == [REGISTER]
    seat.take(WELCOME._replace(m=OTHER))
    seat.turn(LEASE_GIVE_UP_NS)
    assert seat.machine.me == OTHER and not seat.machine.done


def test_an_m_that_nobody_welcomes_again_ends() -> None:
    seat = Seat()
    seat.join()
    cut_off(seat)
    seat.turn(LEASE_GIVE_UP_NS - 1)
    assert not seat.machine.done
    seat.turn(1)
    assert seat.machine.done == "the coordinator does not answer"


def test_an_m_whose_goroutine_keeps_it_ends_when_the_coordinator_has_been_lost_for_long() -> None:
    seat = running("async def main(): await waits()")
    unanswered = 0
    while not seat.machine.done:
        seat.clock.advance(LEASE_RENEW_NS)
        seat.machine.tick_aside(seat.now())
        unanswered += 1
    assert seat.machine.done == CUT_OFF and unanswered in (2 * UNANSWERED_MAX - 1, 2 * UNANSWERED_MAX)


def test_beside_a_running_goroutine_orders_wait_and_answers_do_not() -> None:
    seat = running("async def main(): await waits()")
    aside = seat.machine.take_aside
    for message in (
        w.Renewed(1, P0, EPOCH, True, True),
        w.Told(0),
        w.Hunger(False, False),
        w.Survey(1, False),
        w.Dump(A),
    ):
        assert aside(COORDINATOR, message)
    assert aside(COORDINATOR, w.Work(P0, EPOCH, ())) and aside(COORDINATOR, w.Roster((), ()))
    later = Epoch(EPOCH + 1)
    for message in (w.LeaseP(P0, later, 0, 0, 1, False), w.Work(P0, later, ()), w.Roster((), (OTHER,))):
        assert not aside(COORDINATOR, message)
    assert aside(OTHER, w.Told(0)) and not aside(OTHER, w.Answer(A, 1, 0, b""))


def test_before_the_welcome_is_taken_nothing_overtakes_it() -> None:
    seat = Seat()
    came: list[w.Message] = [
        WELCOME,
        w.Roster((), ()),
        w.LoadProgram(A, SOURCE, OPTIONS, 0, 1),
        w.LeaseP(P0, EPOCH, 0, 0, 1, False),
    ]
    came.append(w.Work(P0, EPOCH, (w.Record(A, 1, b""),)))
    assert not any(seat.machine.take_aside(COORDINATOR, message) for message in came), (
        "the main thread takes them in order"
    )
    for message in came:
        seat.take(message)
    assert [record.goid for record in seat.machine.programs[A].inbox] == [1]


def test_what_is_said_of_a_lease_does_not_overtake_it() -> None:
    seat = Seat()
    seat.join()
    came: list[w.Message] = [w.LeaseP(P0, EPOCH, 0, 0, 1, False), w.Retake(P0, EPOCH), w.HandOff(P0, EPOCH)]
    assert not any(seat.machine.take_aside(COORDINATOR, message) for message in came)
    seat.take(*came, w.Retake(P0, Epoch(EPOCH - 1)))
    assert "ReleaseP" in kinds(seat.turn())
    seat.take(*came[1:])
    assert "ReleaseP" not in kinds(seat.turns(2)), "of a lease that is over"


def test_it_tells_how_many_messages_it_has_sent_to_other_ms() -> None:
    seat = running("async def main(): await waits()")
    seat.turns(3)
    seat.take(w.Survey(1, False))
    seat.send()
    assert [answer.load.to_ms for answer in seat.heard(w.Surveyed)] == [0]  # all that it sent went to the coordinator
    for serial in (1, 2):
        seat.take(w.Tell(A, serial, 0, 7, b""), source=OTHER)  # of what is not there: refused, and acknowledged
    seat.send()
    assert kinds(seat.sent) == ["TellFailed", "TellFailed", "Told"]
    seat.take(w.Survey(2, False))
    seat.send()
    assert [answer.load.to_ms for answer in seat.heard(w.Surveyed)] == [3]


def test_a_watched_program_is_traced_goroutine_by_goroutine() -> None:
    seat = Seat("async def main(): go(write, 'x'); await gosched(); await waits()")
    seat.take(WELCOME, w.LoadProgram(A, SOURCE, OPTIONS._replace(trace=True), 0, 1))
    seat.lease()
    seat.work(MAIN)
    seat.turns(6)
    seat.take(w.Drop(A))
    spans = [span for _, m in seat.turns(2) if isinstance(m, w.Traced) for span in m.spans]
    assert [(span.m, span.p, span.core) for span in spans] == [(ME, P0, 7)] * len(spans)
    assert {span.goid for span in spans} == {1, 2}
