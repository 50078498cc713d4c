"""Hunger of others, and what waits at the coordinator: what is heard when, and what it makes this M do."""

from cluster.model.ids import MAIN_GOID
from cluster.wire import messages as w
from tests.worker.seat import EPOCH, P0, A, Seat
from worker.core.outbox import COORDINATOR

YIELDS = "async def main():\n    while True: await gosched()"
MAKES = """
    async def main():
        for name in "abcdef":
            go(write, name)
        await gosched()
        await waits()
"""


def running(text: str) -> Seat:
    seat = Seat(text)
    seat.join()
    seat.lease()
    seat.work(w.Record(A, MAIN_GOID, b""))
    seat.machine._budget = 1
    seat.turns(2)
    return seat


def test_hunger_that_was_heard_of_before_an_older_lease_was_taken_is_not_forgotten() -> None:
    seat = Seat()
    seat.join()
    lease = w.LeaseP(P0, EPOCH, 0, 0, 2, False)
    assert not seat.machine.take_aside(COORDINATOR, lease), "the main thread is to take it"
    assert seat.machine.take_aside(COORDINATOR, w.Hunger(True, False))
    seat.take(lease)
    assert seat.machine.sched.hungry


def test_a_p_that_is_given_back_takes_its_hunger_along() -> None:
    seat = running(YIELDS)
    seat.take(w.Hunger(True, False), w.Retake(P0, EPOCH))
    seat.turn()
    assert seat.heard(w.ReleaseP) and not seat.machine.sched.hungry


def test_without_a_p_nothing_is_given() -> None:
    seat = Seat()
    seat.join()
    seat.take(w.Hunger(True, False))
    now = seat.clock.now()
    seat.machine.hunger.feed(now, now, beside=False)
    seat.machine.hunger.hear(False, True)
    seat.machine.hunger.pull()
    assert not seat.heard(w.Give) and seat.send() == []


def test_who_has_given_is_not_asked_again_before_it_hears_so() -> None:
    seat = running(MAKES)
    seat.take(w.Hunger(True, False))
    sent = seat.turns(3)
    assert sum(isinstance(message, w.Give) for _, message in sent) == 1


def test_a_lease_begins_to_count_slices_for_the_backlog() -> None:
    seat = running(YIELDS)
    seat.take(w.Hunger(False, True))
    seat.machine.sched.tick += 1000
    seat.machine.hunger.leased(False)
    seat.machine.hunger.pull()
    assert not [m for _, m in seat.send() if isinstance(m, w.Pull)]
    seat.machine.sched.tick += 61
    seat.machine.hunger.pull()
    assert [m for _, m in seat.send() if isinstance(m, w.Pull)] == [w.Pull(P0, EPOCH)]
