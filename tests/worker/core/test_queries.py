"""What an M does while a goroutine of it asks about all of its program."""

import pytest

from cluster.kernel.netpoll import inject
from cluster.model.ids import Epoch
from cluster.model.limits import SEARCH_NS, SPIN_NS
from cluster.wire import messages as w
from cluster.wire.parts import About
from tests.worker.seat import EPOCH, P0, A, Seat
from worker.core.outbox import COORDINATOR

PROGRAM = """
from cluster.kernel.runtime import gomaxprocs, num_goroutine, stack
async def main():
    go(write, "other")
    try:
        log.append(await {})
    except BaseException as error:
        log.append(type(error))
        raise
    await waits()
"""


def asking(call: str, *answers: w.Message) -> Seat:
    """An M whose main asks; at each pump the next of the answers comes. All that left is in `sent`."""
    seat, coming, left = Seat(PROGRAM.format(call)), list(answers), []

    def pump() -> None:
        left.extend(seat.send())
        seat.take(coming.pop(0))

    seat.on_pump = pump
    seat.begin()
    seat.sent = left + seat.sent
    return seat


def test_a_count_blocks_the_m_and_lets_no_other_goroutine_run() -> None:
    seat = asking("num_goroutine()", w.Hunger(False, False), w.Reply(1, 5, ()))
    assert seat.log() == [5, "other"]
    assert seat.heard(w.Query) == [w.Query(A, 1, About.COUNT, 0)]


def test_a_stack_of_all_is_this_goroutine_and_then_the_others() -> None:
    seat = asking("stack(all=True)", w.Reply(1, 2, ("two", "three")))
    text = seat.log()[0]
    assert isinstance(text, str)
    assert text.startswith("goroutine 1 [running]:\nmain.main(...)") and text.endswith("\n\ntwo\n\nthree\n")
    assert seat.heard(w.Query) == [w.Query(A, 1, About.OTHERS, 1)]


def test_who_keeps_its_p_knows_the_new_number_of_ps() -> None:
    seat = asking("gomaxprocs(5)", w.Reply(1, 2, ()))
    assert seat.log()[0] == 2 and seat.machine.sched.procs == 5
    assert seat.heard(w.Query) == [w.Query(A, 1, About.PROCS, 5)]


def test_who_must_give_its_p_back_for_the_world_to_stop_waits_for_another_before_it_goes_on() -> None:
    lease = w.LeaseP(P0, Epoch(EPOCH + 1), 0, 0, 1, False)
    seat = asking("gomaxprocs(1)", w.Retake(P0, EPOCH), w.Reply(1, 2, ()), w.Hunger(False, False), lease)
    assert seat.log() == [2, "other"]
    (release,) = [message for message in seat.heard(w.ReleaseP) if message.epoch == EPOCH]
    assert release.wants and seat.machine.sched.procs == 1


def test_the_one_goroutine_of_an_m_that_gave_its_p_back_wants_another() -> None:
    """Nothing else is runnable there, and yet it must go on."""
    seat = Seat("""
        from cluster.kernel.runtime import gomaxprocs
        async def main():
            log.append(await gomaxprocs(1))
            await waits()
    """)
    lease = w.LeaseP(P0, Epoch(EPOCH + 1), 0, 0, 1, False)
    coming, released = [w.Reply(1, 2, ()), w.Retake(P0, EPOCH), w.Hunger(False, False), lease], list[w.ReleaseP]()

    def pump() -> None:
        seat.send()
        released.extend(seat.heard(w.ReleaseP))
        seat.take(*[coming.pop(0)] if released else [coming.pop(0), coming.pop(0)])

    seat.on_pump = pump
    seat.begin()
    assert seat.log() == [2] and [release.wants for release in released] == [True]


def logged_when_instead_comes(message: w.Message) -> list[object]:
    """What a goroutine logs that asks, and hears of the end of its program or its M: they take the module along."""
    seat = Seat(PROGRAM.format("num_goroutine()"))
    seat.on_pump = lambda: seat.take(message)
    seat.join()
    log: list[object] = []
    seat.lease()
    seat.work(w.Record(A, 1, b""))
    seat.machine.load()
    seat.module().log = log
    seat.turn()
    return log


@pytest.mark.parametrize("happens", [w.Drop(A), w.Fenced(P0, EPOCH, "stale")])
def test_who_asks_for_a_program_or_on_an_m_that_is_over_is_left_and_sees_nothing(happens: w.Message) -> None:
    assert logged_when_instead_comes(happens) == []


def test_a_system_call_is_made_by_the_hands_and_its_outcome_comes_back() -> None:
    seat = Seat("""
        from cluster.kernel.runtime import syscall
        async def main():
            log.append(await syscall(len, "four"))
            await waits()
    """)
    seat.begin()
    ((g, call),) = seat.calls
    seat.machine.take(COORDINATOR, w.Survey(1, False))
    seat.machine.returned(g, call(), None)
    seat.turn()
    assert seat.log() == [4]


WAITS_FOR_A_FILE = """
from cluster.kernel.netpoll import readable
async def main():
    await readable(3)
    log.append("ready")
    await readable(4)
"""


def test_who_waits_for_a_file_is_known_to_the_poller_and_goes_on_when_that_says_so() -> None:
    seat = Seat(WAITS_FOR_A_FILE)
    seat.begin()
    seat.turn(SPIN_NS + 1)
    seat.turn(SEARCH_NS + 1)  # and gives the P back
    assert not seat.machine.holds_p
    inject(seat.machine.sched, seat.netpoll.is_ready(3))
    seat.turn()
    assert seat.heard(w.AcquireP)
    seat.lease(Epoch(EPOCH + 1))
    seat.settle()
    assert seat.log() == ["ready"] and [fd for _, fd, _ in seat.netpoll.waiting] == [4]


@pytest.mark.parametrize("message", [w.Drop(A), w.Fenced(P0, EPOCH, "stale")])
def test_the_poller_is_told_that_a_program_is_over(message: w.Message) -> None:
    seat = Seat(WAITS_FOR_A_FILE)
    seat.begin()
    program = seat.hosted().kernel
    seat.take(message)
    assert seat.netpoll.dropped == [program]


@pytest.mark.parametrize("call", ["gomaxprocs(0)", "gomaxprocs(-3)", "gomaxprocs(2)"])
def test_a_number_of_ps_that_does_not_change_is_asked_of_nobody(call: str) -> None:
    seat = asking(call)
    assert seat.log() == [2, "other"] and not seat.heard(w.Query)
