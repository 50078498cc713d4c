"""A goroutine that blocks in a call: the P leaves with all that can move, and others are served meanwhile."""

import pytest

from cluster.kernel.far import FarOp
from cluster.kernel.g import PREEMPTED
from cluster.model.clock import MILLISECOND
from cluster.model.ids import MAIN_GOID, NO_P, Epoch, PId
from cluster.wire import frame
from cluster.wire.messages import (
    AcquireP,
    Answer,
    Ask,
    Blocked,
    HandOff,
    Inject,
    LeaseP,
    LoadProgram,
    Record,
    ReleaseP,
    Retake,
    Returned,
    Traced,
    Work,
)
from tests.worker.movers import queued, step
from tests.worker.seat import EPOCH, OPTIONS, OTHER, P0, SOURCE, A, Seat
from worker.core.find_runnable import State
from worker.core.incall import STAYS_NS
from worker.core.outbox import COORDINATOR

pytestmark = pytest.mark.skipif(not frame.available, reason=frame.why_not)

CALLS = """
    async def steps(name):
        while True:
            log.append(name)
            await gosched()
    async def sleeps():
        await sleep(0.001)
        log.append("waked")
    async def main():
        global ch
        ch = Chan(1)
        for name in "ab":
            go(steps, name)
        go(sleeps)
        await gosched()
        seat.in_call()
        log.append("back")
        await gosched()
"""
HAND_OFF = HandOff(P0, EPOCH)
LATER = Epoch(EPOCH + 1)


class Caller(Seat):
    """Its main makes a call: there the test stands in for the sysmon thread."""

    def __init__(self, meanwhile: object, watched: bool = False) -> None:
        super().__init__(CALLS)
        self.meanwhile = meanwhile
        self.join(None)
        self.take(LoadProgram(A, SOURCE, OPTIONS._replace(explain=watched), 0, 1))
        self.send()
        self.lease()
        self.work(Record(A, MAIN_GOID, b""))
        self.turn()
        self.module().seat = self
        self.called = False
        while not self.called:
            step(self)

    def in_call(self) -> None:
        self.called = True
        self.meanwhile(self)  # type: ignore[operator]

    def aside(self, *messages: object) -> None:
        """The sysmon thread takes these, and lets time pass."""
        for message in messages:
            assert self.machine.take_aside(COORDINATOR, message)  # type: ignore[arg-type]
        self.machine.tick_aside(self.now())
        self.send()

    def blocks(self) -> None:
        self.machine.incall.begins()
        self.aside()


def test_the_coordinator_is_told_once_and_the_p_stays_while_nobody_wants_it() -> None:
    def meanwhile(seat: Caller) -> None:
        seat.blocks()
        assert len(seat.heard(Blocked)) == 1
        seat.blocks()
        assert not seat.heard(Blocked) and seat.machine.holds_p and len(queued(seat)) == 2

    seat = Caller(meanwhile)
    seat.turn()
    assert seat.heard(Returned) == [Returned(P0, EPOCH)] and "back" in seat.log()
    assert not seat.machine.incall.active


def test_a_p_that_can_be_used_leaves_with_all_that_can_move_and_what_was_not_read() -> None:
    def meanwhile(seat: Caller) -> None:
        unread = Record(A, 77, b"?")
        seat.aside(Work(P0, EPOCH, (unread,)))
        seat.blocks()
        seat.aside(HAND_OFF)
        (released,) = seat.heard(ReleaseP)
        assert released.blocked and not released.wants
        assert [record.started for record in released.records] == [True, True, False]
        assert released.records[-1] == unread
        assert not queued(seat) and not seat.machine.holds_p and seat.machine.find.state is State.BLOCKED
        seat.log().clear()

    seat = Caller(meanwhile)
    assert seat.log() == ["back"], "it goes on to its next scheduling point"
    seat.turn()
    assert len(seat.heard(AcquireP)) == 1 and seat.machine.find.state is State.WANTING
    seat.take(LeaseP(P0, LATER, 0, 0, 2, False))
    seat.settle()
    assert not seat.gs()


def test_who_has_come_back_keeps_its_p() -> None:
    def meanwhile(seat: Caller) -> None:
        seat.blocks()

    seat = Caller(meanwhile)
    seat.turn()
    seat.take(HAND_OFF)
    seat.turn()
    assert not seat.heard(ReleaseP) and seat.machine.holds_p


def test_it_gets_another_p_though_its_own_is_no_more_and_that_one_may_be_asked_back_too() -> None:
    p1 = PId(1)

    def meanwhile(seat: Caller) -> None:
        for lease in (LeaseP(p1, EPOCH, 0, 0, 2, False), LeaseP(P0, LATER, 0, 0, 1, False)):
            seat.blocks()
            held = seat.machine.lease.lease
            assert held is not None
            seat.aside(HandOff(held.p, held.epoch))
            assert not seat.machine.holds_p
            seat.machine.incall.resumes(seat.now())
            seat.aside(lease)
            assert seat.machine.holds_p
        seat.heard(ReleaseP)
        seat.aside(Retake(P0, LATER))

    seat = Caller(meanwhile)
    seat.turn()
    (released,) = seat.heard(ReleaseP)
    assert (released.p, released.epoch) == (P0, LATER)


def test_meanwhile_others_are_served_and_what_that_wakes_leaves() -> None:
    def meanwhile(seat: Caller) -> None:
        seat.blocks()
        seat.aside(HAND_OFF)
        chan = seat.module().ch
        serial = seat.machine.homes.name(chan)[2]  # type: ignore[index]
        ask = Ask(A, serial, FarOp.CHAN_SEND, 9, seat.hosted().pickling.dumps("x", ""))  # type: ignore[union-attr,arg-type]
        seat.clock.advance(10 * MILLISECOND)
        assert seat.machine.incall.timers_due
        seat.machine.incall.serve([(OTHER, ask)], seat.now())
        seat.send()
        assert len(seat.heard(Answer, OTHER)) == 1 and len(chan) == 1
        (injected,) = seat.heard(Inject)
        assert [record.started for record in injected.records] == [True], "the sleeper"
        assert seat.machine.sched.cur is not None and not queued(seat)

    assert Caller(meanwhile).log()[-1] == "back"


def test_what_cannot_leave_makes_it_want_a_p() -> None:
    def meanwhile(seat: Caller) -> None:
        seat.blocks()
        for g in queued(seat):
            g.pinned = "it will not"
        seat.aside(HAND_OFF)
        assert len(queued(seat)) == 2 and len(seat.heard(AcquireP)) == 1
        seat.aside(LeaseP(P0, LATER, 0, 0, 2, False))
        assert seat.machine.holds_p and seat.machine.find.state is State.RUNNING

    seat = Caller(meanwhile)
    assert seat.machine.may_run


def test_a_p_for_what_cannot_leave_is_not_handed_off_before_the_call_could_be_left() -> None:
    def meanwhile(seat: Caller) -> None:
        seat.blocks()
        for g in queued(seat):
            g.pinned = "it will not"
        seat.aside(HAND_OFF)
        seat.heard(Blocked)
        for epoch in (LATER, Epoch(LATER + 1)):
            seat.aside(LeaseP(P0, epoch, 0, 0, 2, False))
            seat.blocks()
            seat.clock.advance(STAYS_NS - 1)
            seat.blocks()
            assert not seat.heard(Blocked) and seat.machine.holds_p
            seat.clock.advance(1)
            seat.blocks()
            assert len(seat.heard(Blocked)) == 1, "it could not: somebody else may have the P for a while"
            seat.aside(HandOff(P0, epoch))
            assert len(seat.heard(AcquireP)) == 1

    Caller(meanwhile)


def test_one_that_goes_on_without_a_scheduling_point_gets_a_p() -> None:
    def meanwhile(seat: Caller) -> None:
        seat.blocks()
        seat.aside(HAND_OFF)
        seat.machine.incall.resumes(seat.now())
        seat.send()
        assert len(seat.heard(AcquireP)) == 1 and not seat.machine.incall.active
        seat.aside(LeaseP(P0, LATER, 0, 0, 2, False))
        assert seat.machine.holds_p

    assert Caller(meanwhile).machine.may_run


def test_one_that_ends_with_its_call_leaves_an_idle_m() -> None:
    def meanwhile(seat: Caller) -> None:
        seat.blocks()
        seat.aside(HAND_OFF)

    seat = Caller(meanwhile)
    seat.machine.sched.globrunq.clear()
    seat.turn()
    assert seat.heard(Returned) == [Returned(NO_P, Epoch(0))] and seat.machine.find.state is State.IDLE


def steps_of(seat: Seat) -> list[tuple[str, int, int]]:
    """What the trace has just told of calls: kind, P, goroutine."""
    steps = [step for traced in seat.heard(Traced) for step in traced.steps]
    return [(step.kind, step.p, step.goid) for step in steps if step.kind.startswith("GoSys")]


def test_the_trace_tells_the_beginning_and_the_end_of_a_call_once() -> None:
    def meanwhile(seat: Caller) -> None:
        seat.blocks()
        assert steps_of(seat) == [("GoSysBlock", P0, MAIN_GOID)]
        seat.blocks()
        assert not steps_of(seat)
        seat.aside(HAND_OFF)

    seat = Caller(meanwhile, watched=True)
    seat.turn()
    assert steps_of(seat) == [("GoSysExit", NO_P, MAIN_GOID)]
    seat.turn()
    assert not steps_of(seat)


def test_one_that_goes_on_is_told_as_back_and_who_is_left_in_its_call_is_not() -> None:
    def meanwhile(seat: Caller) -> None:
        seat.blocks()
        seat.machine.incall.resumes(seat.now())
        seat.send()
        assert steps_of(seat) == [("GoSysExit", P0, MAIN_GOID)]
        seat.blocks()
        seat.gs()[0].pinned = PREEMPTED
        seat.machine.incall.ends(seat.now())
        seat.send()
        assert not steps_of(seat)

    assert not Caller(meanwhile, watched=True).machine.incall.active
