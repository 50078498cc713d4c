"""What an M has: active or not, for the deadlock check; and in numbers."""

from cluster.kernel.stack import FRAME_BYTES
from cluster.model.limits import STACK_MIN
from cluster.model.status import GStatus
from cluster.wire.messages import Census, Record, Survey, Surveyed
from tests.worker.seat import A, Seat
from worker.core.census import dumped, load, surveyed
from worker.core.outbox import COORDINATOR


def census(seat: Seat) -> Census:
    (found,) = surveyed(1, seat.machine.sched, [seat.hosted()], False).programs
    return found


def active(text: str) -> tuple[int, int]:
    """(goroutines, active) once the program has nothing left to run."""
    seat = Seat(text)
    seat.begin()
    return census(seat)[1:3]


def test_parked_goroutines_are_not_active() -> None:
    assert active("""
        async def main():
            go(waits)
            await waits()
    """) == (1, 0)  # main began at its client


def test_stacks_are_counted_with_what_call_has_made_them_grow_to() -> None:
    seat = Seat("""
        from cluster.kernel.stack import call
        async def deep(n):
            await (call(deep, n - 1) if n else waits())
        async def main():
            go(waits)
            await call(deep, 100)
    """)
    seat.begin()
    (grown,) = seat.hosted().kernel.stacks.values()
    assert grown.size > grown.used > 100 * FRAME_BYTES
    assert census(seat)[-2:] == (grown.size + STACK_MIN, grown.size)


def test_a_sleeper_is_active() -> None:
    assert active("""
        async def main():
            go(waits)
            await sleep(1)
    """) == (1, 1)


def test_who_waits_for_a_file_is_active() -> None:
    assert active("""
        from cluster.kernel.netpoll import readable
        async def main():
            go(waits)
            await readable(3)
    """) == (1, 1)


def test_a_record_that_waits_for_the_main_file_is_active() -> None:
    seat = Seat()
    seat.join()
    seat.lease()
    seat.work(Record(A, 1, b""), Record(A, 2, b""))
    assert census(seat) == Census(A, 0, 2, 0, 2, 0, 0)
    assert load(seat.machine.sched, [seat.hosted()]).runnable == 2


def test_a_runnable_goroutine_is_active_and_so_is_the_one_that_runs() -> None:
    seat = Seat("""
        async def main():
            look()
            await waits()
    """)
    seat.join()
    seat.lease()
    seat.work(Record(A, 1, b""))
    seat.machine.load()
    seen: list[Surveyed] = []
    seat.module().look = lambda: seen.append(surveyed(1, seat.machine.sched, [seat.hosted()], True))
    seat.turn()
    assert seen[0].programs[0].active == 1
    assert [(row.goid, row.status, row.running) for row in seen[0].rows] == [(1, GStatus.RUNNING.value, True)]
    assert census(seat).active == 0


def test_an_end_that_nobody_was_told_of_is_active() -> None:
    """Else a program whose main has returned could be taken for dead, before the word of it arrives."""
    seat = Seat("""
        async def main():
            go(waits)
            await gosched()
    """)
    seat.join()
    seat.lease()
    seat.work(Record(A, 1, b""))
    seat.machine.load()
    seat.turn()
    assert seat.hosted().closed and census(seat).active == 1, "it is on its way"
    seat = Seat("async def main(): await waits()")
    seat.begin()
    seat.machine.sched.panicked(seat.gs()[0], ValueError())
    assert census(seat).active == 1, "it is known here, and will be told under a lease"


def test_a_survey_is_answered_at_once_even_beside_a_running_goroutine() -> None:
    seat = Seat()
    seat.join()
    assert seat.machine.take_aside(COORDINATOR, Survey(4, False))
    seat.send()
    (answer,) = seat.heard(Surveyed)
    assert answer.round == 4 and answer.programs == (Census(A, 0, 0, 0, 0, 0, 0),)


def test_the_load_tells_what_can_move() -> None:
    seat = Seat("""
        async def main():
            go(write, "a")
            go(write, "b")
            go(gosched)
            await gosched()
            await waits()
    """)
    seat.join()
    seat.lease()
    seat.machine._budget = 1
    seat.work(Record(A, 1, b""))
    seat.machine.load()
    seat.turn()
    has = load(seat.machine.sched, [seat.hosted()])
    assert (has.runnable, has.ring, has.globrunq, has.stealable, has.goroutines) == (4, 2, 1, 3, 4)
    seat.machine.sched.ring[0].pinned = "for good"
    has = load(seat.machine.sched, [seat.hosted()])
    assert (has.stealable, has.pinned) == (2, 1)


def test_a_dump_describes_every_goroutine() -> None:
    seat = Seat("""
        async def main():
            go(waits)
            await sleep(1)
    """)
    seat.begin()
    dump = dumped(seat.hosted(), None)
    assert dump.program == A and dump.goids == (1, 2)
    assert dump.texts[0].startswith("goroutine 1 [sleep]:\nmain.main(...)\n")
    assert dump.texts[1].startswith("goroutine 2 [chan receive]:\nmain.waits(...)\n")
