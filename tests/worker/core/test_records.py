"""Goroutines as records, and back."""

import threading

import pytest

from cluster.kernel.dump import created_by
from cluster.model.ids import MAIN_GOID
from cluster.wire.messages import Record
from tests.worker.seat import ME, A, Seat
from worker.core.records import pack, read


def seat_with_two() -> Seat:
    """Main is over, and two goroutines have not started."""
    seat = Seat("""
        async def main():
            go(write, "a")
            go(write, "b")
            await gosched()
    """)
    seat.join()
    seat.lease()
    seat.machine._budget = 1
    seat.work(Record(A, 1, b""))
    seat.turns(2)
    return seat


def test_a_goroutine_that_leaves_is_gone_here_and_is_the_same_where_it_arrives() -> None:
    seat = seat_with_two()
    hosted, pickling = seat.hosted(), seat.hosted().pickling
    assert pickling is not None
    g = next(g for g in seat.gs() if g.args == ("a",))
    made_at = created_by(g)
    assert made_at[0] == "created by main.main"
    record = pack(hosted, pickling, seat.machine.sched, ME, g)
    assert record is not None and (record.program, record.goid) == (A, g.goid)
    assert g not in seat.gs() and hosted.sent == 1
    read(hosted, pickling, seat.machine.sched, record)()
    copy = hosted.kernel.gs[g.goid]
    assert copy is not g and (copy.fn, copy.args, created_by(copy)) == (g.fn, g.args, made_at)
    assert seat.machine.sched.ring[-1] is copy


def test_main_that_has_not_started_may_leave_too_and_arrives_as_main() -> None:
    """It may be given away while another program keeps this M busy."""
    seat = Seat("def main(): log.append('main ran')")
    seat.join()
    seat.lease()
    seat.work(Record(A, 1, b""))
    seat.machine._budget = 0
    seat.turns(2)
    hosted, pickling = seat.hosted(), seat.hosted().pickling
    assert pickling is not None
    (g,) = seat.gs()
    record = pack(hosted, pickling, seat.machine.sched, ME, g)
    assert record is not None and record.goid == MAIN_GOID
    read(hosted, pickling, seat.machine.sched, record)()
    assert seat.gs() == [hosted.kernel.main]
    assert hosted.kernel.main is not None and hosted.kernel.main.args == ()


def test_a_goroutine_that_cannot_be_pickled_stays_and_is_pinned_with_the_reason() -> None:
    seat = seat_with_two()
    hosted, pickling = seat.hosted(), seat.hosted().pickling
    assert pickling is not None
    g = next(g for g in seat.gs() if g.args == ("a",))
    g.args = (threading.Lock(),)
    assert pack(hosted, pickling, seat.machine.sched, ME, g) is None
    assert g in seat.gs() and hosted.sent == 0
    assert "cannot pickle '_thread.lock' object" in g.pinned


def test_reading_a_record_raises_what_its_arguments_raise() -> None:
    seat = seat_with_two()
    pickling = seat.hosted().pickling
    assert pickling is not None
    body = pickling.dumps((seat.module().write, ("x",), ())).replace(b"write", b"wrong")
    with pytest.raises(AttributeError, match="wrong"):
        read(seat.hosted(), pickling, seat.machine.sched, Record(A, 9, body))
