"""What an M answers to `cluster why`: where a goroutine of it is, and what it knows of what that waits for."""

from cluster.model.ids import NO_M, ObjId
from cluster.wire import messages as w
from cluster.wire.inquiry import Found, Inquire, Inquired, Party
from tests.worker.seat import ME, OTHER, A, B, Seat
from worker.core.inquiries import IN_FLIGHT

WAITING = """
    from cluster.kernel.mutex import Mutex
    async def inside(mu):
        async with mu:
            await waits()
    async def main():
        global mu, far
        mu = Mutex()
        go(inside, mu)
        await gosched()
        go(wants, mu)
        await waits()
    async def wants(mu):
        async with mu:
            pass
"""


def asked(seat: Seat, goid: int, *objs: ObjId, program: int = A) -> Inquired:
    seat.take(Inquire(5, program, goid, objs))  # type: ignore[arg-type]  # a number for short
    seat.send()
    (answer,) = seat.heard(Inquired)
    assert answer.ticket == 5
    return answer


def found(seat: Seat, goid: int) -> Found:
    (one,) = asked(seat, goid).found
    return one


def test_a_waiter_its_object_and_who_is_inside() -> None:
    seat = Seat(WAITING)
    seat.begin()
    answer = asked(seat, 3)
    (one,), (known,) = answer.found, answer.objs
    assert (one.status, one.reason, one.queue) == ("waiting", "semacquire", "")
    assert one.text.startswith("goroutine 3 [semacquire]:\nmain.wants(...)")
    assert "object of this M" in one.pinned
    assert (known.kind, known.home, known.doing, known.since_ns) == ("mutex", NO_M, "lock", 0)
    assert known.address and ("locked", "yes") in known.facts
    assert (known.waiting, known.inside, known.having) == ((), (2,), ())


def test_an_object_that_others_know_is_told_of_by_its_name() -> None:
    seat = Seat(WAITING)
    seat.begin()
    ref = seat.machine.homes._id_of(seat.module().mu)
    assert asked(seat, 3).objs[0][1:3] == (ME, ref.serial)
    answer = asked(seat, 77, ref, ObjId(OTHER, 9))
    assert not answer.found
    (known,) = answer.objs
    assert (known.waiting, known.inside) == ((Party(3, "lock"),), (2,))


def test_a_handle_has_no_state_here_and_is_told_of_all_the_same() -> None:
    seat = Seat("""
        async def main():
            await far.recv()
        async def others():
            await far.recv()
    """)
    seat.join()
    seat.machine.load()
    seat.module().far = seat.machine.homes.find("chan", OTHER, 9, 0, None)
    seat.lease()
    seat.work(w.Record(A, 1, b""), seat.record("others"))
    seat.settle()
    (known,) = asked(seat, 1).objs
    assert (known.home, known.serial, known.address, known.facts) == (OTHER, 9, 0, ())
    assert known.waiting == (Party(50, "receive"),)
    (known,) = asked(seat, 77, ObjId(OTHER, 9)).objs
    assert known.waiting == (Party(1, "receive"), Party(50, "receive"))


def test_queues_are_named() -> None:
    seat = Seat("""
        async def main():
            for _ in range(3):
                go(write, "x")
            await gosched()
    """)
    seat.join()
    seat.machine.load()
    seat.lease()
    seat.work(w.Record(A, 1, b""))
    seat.machine.tick(seat.now())
    seat.arrive()
    assert seat.machine.lease.lease is not None
    seat.machine.sched.run(seat.machine.lease.lease, 1)
    queues = [found(seat, goid).queue for goid in (4, 2, 3, 1)]
    assert queues == [
        "runnext: it runs next", "the ring of its P, place 1 of 2", "the ring of its P, place 2 of 2",
        "this M's global queue, place 1 of 1",
    ]  # fmt: skip


def test_one_that_came_and_was_not_read_is_in_flight() -> None:
    seat = Seat()
    seat.join()
    seat.lease()
    seat.work(w.Record(A, 40, b""))
    assert found(seat, 40).status == IN_FLIGHT and "not read" in found(seat, 40).queue


def test_nothing_is_known_of_others_goroutines_nor_of_a_program_that_is_not_here() -> None:
    seat = Seat(WAITING)
    seat.begin()
    assert asked(seat, 99) == Inquired(5, (), ())
    assert asked(seat, 1, program=B) == Inquired(5, (), ())


def test_when_it_ran_is_known_of_a_program_that_is_watched() -> None:
    seat = Seat(WAITING)
    seat.join(None)
    seat.take(w.LoadProgram(A, w.Source("/p.py", "", (), (), "", ""), w.Options(True, False, True), 0, 1))
    seat.lease()
    seat.work(w.Record(A, 1, b""))
    seat.settle()
    seat.clock.advance(1000)
    one = found(seat, 1)
    assert (one.ran_ns, one.slices, one.preempted) == (1000, 2, 0)
    unwatched = Seat(WAITING)
    unwatched.begin()
    assert found(unwatched, 1).ran_ns == -1
