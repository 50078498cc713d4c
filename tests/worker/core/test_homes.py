"""Shared objects: real at home, handles elsewhere, and what goes between."""

import gc
import threading

import pytest

from cluster.kernel.chan import Chan
from cluster.kernel.far import FarOp
from cluster.kernel.waitgroup import WaitGroup
from cluster.model.errors import ClusterError, SendOnClosedError
from cluster.model.ids import MId, ObjId
from cluster.wire.messages import Answer, Ask, Drop, Fenced, MainFailed, Record, Roster, Tell, TellFailed, Told
from cluster.wire.pickling import Pickling
from tests.worker.seat import EPOCH, ME, OTHER, P0, A, B, Seat
from worker.core.homes import Homes, Outcome
from worker.core.outbox import COORDINATOR


def homes(seat: Seat) -> Homes:
    return seat.machine.homes


def pickling(seat: Seat) -> Pickling:
    found = seat.hosted().pickling
    assert found is not None
    return found


def value(seat: Seat, obj: object) -> bytes:
    return pickling(seat).dumps(obj)


def at_home(body: str = "") -> tuple[Seat, Chan[object]]:
    """An M whose main has made a channel `ch` of capacity 1 and sent it away."""
    seat = Seat(f"""
        async def main():
            global ch
            ch = Chan(1, zero="zero")
            {body}
            await waits()
    """)
    seat.begin()
    ch = seat.module().ch
    assert isinstance(ch, Chan)
    assert pickling(seat).loads(value(seat, ch)) is ch
    return seat, ch


def abroad(body: str, seat: Seat | None = None) -> Seat:
    """An M whose main has handles: `ch`, a channel of capacity 2, and `wg`, both homed on OTHER."""
    seat = seat or Seat(f"""
        async def main():
            {body}
            await waits()
    """)
    if not seat.machine.programs:
        seat.join()
        seat.machine.load()
    seat.module().ch = homes(seat).find("chan", OTHER, 9, 2, "zero")
    seat.module().wg = homes(seat).find("wg", OTHER, 10)
    seat.lease()
    seat.work(Record(A, 1, b""))
    seat.settle()
    return seat


def answer(seat: Seat, ticket: int, outcome: Outcome, val: object = None) -> None:
    data = b"" if val is None else error(seat, val) if isinstance(val, BaseException) else value(seat, val)
    seat.take(Answer(A, ticket, outcome, data), source=OTHER)


def raised(seat: Seat, data: bytes) -> BaseException:
    """The error in an answer."""
    return homes(seat)._unpack_error(seat.hosted(), data)


def error(seat: Seat, raised: BaseException) -> bytes:
    return homes(seat)._pack_error(seat.hosted(), raised)


# -- names


def test_an_object_has_one_name_and_is_one_object_everywhere() -> None:
    seat, ch = at_home()
    assert homes(seat).name(ch) == ("chan", ME, 1, 1, "zero") == homes(seat).name(ch)
    assert homes(seat).find("chan", ME, 1, 1, "zero") is ch
    handle = homes(seat).find("chan", OTHER, 5, 3, 0)
    assert isinstance(handle, Chan) and (handle.cap, handle.zero, handle.home) == (3, 0, (OTHER, 5))
    assert homes(seat).find("chan", OTHER, 5, 3, 0) is handle
    assert homes(seat).name(handle) == ("chan", OTHER, 5, 3, 0), "a handle that travels on keeps its home"
    assert isinstance(homes(seat).find("wg", OTHER, 6), WaitGroup)
    assert homes(seat).name("a string") is None


def test_a_handle_that_nobody_has_is_forgotten() -> None:
    seat, _ = at_home()
    homes(seat).find("chan", OTHER, 5, 3, 0)
    gc.collect()
    assert len(homes(seat)._handles) == 0


def test_an_object_of_a_program_that_is_over_is_not_found() -> None:
    seat, _ = at_home()
    homes(seat).drop(A)
    with pytest.raises(ClusterError, match=f"object 1 of M {ME} is of a program that is over"):
        homes(seat).find("chan", ME, 1, 1, None)


# -- at home


def test_an_ask_is_answered_when_the_real_object_lets_it() -> None:
    seat, ch = at_home()
    seat.take(Ask(A, 1, FarOp.CHAN_RECV, 77, b""), source=OTHER)
    seat.send()
    assert not seat.heard(Answer, OTHER), "it waits as a goroutine would"
    seat.take(Ask(A, 1, FarOp.CHAN_SEND, 78, value(seat, "v")), source=MId(5))
    seat.send()
    assert seat.heard(Answer, OTHER) == [Answer(A, 77, Outcome.OK, value(seat, "v"))]
    assert seat.heard(Answer, MId(5)) == [Answer(A, 78, Outcome.OK, b"")]
    assert (seat.hosted().received, seat.hosted().sent, len(ch)) == (3, 2, 0)


def test_a_close_that_was_told_is_seen_by_those_who_wait_and_is_acknowledged() -> None:
    seat, _ = at_home()
    seat.take(Ask(A, 1, FarOp.CHAN_RECV, 77, b""), Tell(A, 1, FarOp.CHAN_CLOSE, 40, b""), source=OTHER)
    seat.send()
    assert seat.heard(Answer, OTHER) == [Answer(A, 77, Outcome.CLOSED, b"")]
    assert seat.sent[-1] == (OTHER, Told(1))
    seat.take(Tell(A, 1, FarOp.CHAN_CLOSE, 40, b""), source=OTHER)
    seat.send()
    (failed,) = seat.heard(TellFailed, OTHER)
    assert failed.goid == 40 and str(raised(seat, failed.error)) == "close of closed channel"
    assert seat.heard(Told, OTHER) == [Told(2)]


def test_a_panic_that_an_ask_causes_goes_back_to_who_asked() -> None:
    seat, _ = at_home("ch.close()")
    seat.take(Ask(A, 1, FarOp.CHAN_SEND, 77, value(seat, 1)), Ask(A, 99, FarOp.CHAN_LEN, 78, b""), source=OTHER)
    seat.send()
    closed, missing = seat.heard(Answer, OTHER)
    assert (closed.ticket, closed.outcome) == (77, Outcome.CLOSED)
    assert (missing.ticket, missing.outcome) == (78, Outcome.RAISED)
    assert f"M {ME} has no object 99" in str(raised(seat, missing.val))


def test_a_value_that_cannot_leave_fails_at_its_send_and_the_receiver_goes_on_waiting() -> None:
    seat = Seat("""
        import threading
        async def main():
            global ch
            ch = Chan()
            await sleep(0.001)
            try:
                await ch.send(threading.Lock())
            except Exception as error:
                log.append(str(error))
            await ch.send("good")
            await waits()
    """)
    seat.begin()
    pickling(seat).dumps(seat.module().ch)
    seat.take(Ask(A, 1, FarOp.CHAN_RECV, 77, b""), source=OTHER)
    seat.settle(1_000_000)
    (why,) = seat.log()
    assert isinstance(why, str) and "a channel value must go to another process and cannot be pickled" in why
    assert [a.val for a in seat.heard(Answer, OTHER)] == [value(seat, "good")]


def test_messages_for_a_program_that_is_not_known_change_nothing_but_are_acknowledged() -> None:
    seat, _ = at_home()
    seat.take(Ask(B, 1, FarOp.CHAN_LEN, 1, b""), Tell(B, 1, FarOp.CHAN_CLOSE, 1, b""), source=OTHER)
    seat.take(TellFailed(B, 1, b""), Answer(B, 1, 0, b""), source=OTHER)
    seat.send()
    assert seat.sent == [(OTHER, Told(1))]


def test_what_comes_after_the_end_of_a_program_wakes_nobody() -> None:
    seat, _ = at_home("""go(ch.recv)
            await gosched()
            raise ValueError""")
    assert seat.hosted().kernel.dropped
    seat.take(Ask(A, 1, FarOp.CHAN_SEND, 78, value(seat, 1)), source=OTHER)
    seat.take(Tell(A, 1, FarOp.CHAN_CLOSE, 1, b""), source=OTHER)
    assert not seat.machine.sched.runnable()


# -- abroad


def test_an_operation_on_a_handle_parks_until_its_answer() -> None:
    seat = abroad("log.append(await ch.recv()); log.append(await ch.recv_ok())")
    (ask,) = seat.heard(Ask, OTHER)
    assert (ask.serial, ask.op, ask.arg) == (9, FarOp.CHAN_RECV, b"")
    answer(seat, ask.ticket, Outcome.OK, "value")
    seat.settle()
    assert seat.log() == ["value"] and [a.op for a in seat.heard(Ask, OTHER)] == [FarOp.CHAN_RECV]
    answer(seat, ask.ticket, Outcome.OK, "said twice")
    answer(seat, ask.ticket + 1, Outcome.CLOSED)
    seat.settle()
    assert seat.log() == ["value", ("zero", False)]
    assert (seat.hosted().sent, seat.hosted().received) == (2, 4)


def test_an_error_that_an_ask_caused_is_raised_where_it_was_awaited() -> None:
    seat = abroad("""
            try:
                await ch.send(1)
            except ValueError as error:
                log.append(str(error))
    """)
    answer(seat, seat.heard(Ask, OTHER)[0].ticket, Outcome.RAISED, ValueError("far away"))
    seat.settle()
    assert seat.log() == ["far away"]


def test_a_tell_leaves_at_once_and_holds_back_what_goes_to_others() -> None:
    seat = abroad("wg.add(2); wg.done()")
    tells = seat.heard(Tell, OTHER)
    assert [(t.serial, t.op, t.goid) for t in tells] == [(10, FarOp.WG_ADD, 1), (10, FarOp.WG_ADD, 1)]
    seat.machine.outbox.output(A, 1, b"x\n")
    assert seat.send() == []
    seat.take(Told(2), source=OTHER)
    assert [to for to, _ in seat.send()] == [COORDINATOR]


def test_a_panic_that_a_tell_caused_is_raised_at_the_next_await() -> None:
    seat = Seat("""
        async def main():
            wg.done()
            told()
            try:
                await gosched()
            except ValueError as error:
                log.append(str(error))
            await waits()
    """)
    seat.join()
    seat.machine.load()
    seat.module().told = lambda: seat.take(TellFailed(A, 1, error(seat, ValueError("negative"))), source=OTHER)
    abroad("", seat)
    assert seat.log() == ["negative"]


def test_a_panic_that_a_tell_of_a_parked_or_ended_goroutine_caused_ends_the_program() -> None:
    for goid in (1, 4711):
        seat = abroad("wg.done()")
        seat.take(Told(1), source=OTHER)
        seat.take(TellFailed(A, goid, error(seat, ValueError("negative"))), source=OTHER)
        seat.settle()
        (failed,) = seat.heard(MainFailed)
        assert (failed.kind, failed.code) == ("panic", 2)
        assert failed.text.startswith(f"panic: ValueError: negative\n\ngoroutine {goid} [")


def test_a_demand_serves_others_while_it_waits() -> None:
    seat = Seat("""
        async def main():
            log.append(len(ch))
            await waits()
    """)
    seen = list[object]()

    def pump() -> None:
        seat.send()
        (ask,) = seat.heard(Ask, OTHER)
        seen.append(FarOp(ask.op))
        answer(seat, ask.ticket, Outcome.OK, 2)

    seat.on_pump = pump
    abroad("", seat)
    assert seat.log() == [2] and seen == [FarOp.CHAN_LEN]


def fate_of_a_demand(happens: object) -> list[BaseException]:
    """What a demand raises when, instead of an answer, something else comes; or an error as the answer."""
    seat = Seat("""
        async def main():
            try:
                len(ch)
            except BaseException as error:
                fate.append(error)
                raise
    """)
    fate: list[BaseException] = []

    def pump() -> None:
        seat.send()
        if happens is None:
            answer(seat, seat.heard(Ask, OTHER)[0].ticket, Outcome.RAISED, ClusterError("no such object"))
        else:
            seat.take(happens)  # type: ignore[arg-type]

    seat.on_pump = pump
    seat.join()
    seat.machine.load()
    seat.module().fate = fate
    abroad("", seat)
    return fate


def test_a_demand_that_the_home_cannot_meet_raises_its_error() -> None:
    assert [type(fate) for fate in fate_of_a_demand(None)] == [ClusterError]


@pytest.mark.parametrize("happens", [Drop(A), Fenced(P0, EPOCH, "stale")])
def test_a_demand_of_a_program_or_an_m_that_is_over_is_left_and_sees_nothing(happens: object) -> None:
    assert fate_of_a_demand(happens) == []


def test_who_demands_is_left_when_its_program_is_over_by_the_time_of_the_answer() -> None:
    seat = Seat("""
        async def main():
            len(ch)
            log.append("goes on")
            await gosched()
    """)
    log = list[object]()

    def pump() -> None:
        seat.send()
        answer(seat, seat.heard(Ask, OTHER)[0].ticket, Outcome.OK, 2)
        seat.take(Drop(A))

    seat.on_pump = pump
    seat.join()
    seat.machine.load()
    seat.module().log = log
    abroad("", seat)
    assert log == [] and seat.machine.sched.runnable() == 0


class NeedsTwoError(Exception):
    """As many people write them: pickle can write it, and not read it."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")


class MuteError(Exception):
    def __str__(self) -> str:
        raise ValueError


def test_every_error_crosses_with_its_text_at_least() -> None:
    seat, _ = at_home()
    crossed = [
        raised(seat, error(seat, e))
        for e in (KeyError("k"), SendOnClosedError(), NeedsTwoError("a", "b"), MuteError(threading.Lock()))
    ]
    assert [(type(e), e.args) for e in crossed] == [
        (KeyError, ("k",)),
        (SendOnClosedError, ("send on closed channel",)),
        (ClusterError, ("NeedsTwoError: a: b",)),
        (ClusterError, ("MuteError, whose text fails with ValueError",)),
    ]


def test_when_an_m_is_gone_nothing_waits_for_its_acknowledgement() -> None:
    seat = abroad("wg.add(2)")
    seat.machine.outbox.output(A, 1, b"x\n")
    assert seat.send() == []
    seat.take(Roster((), (OTHER,)))
    assert [to for to, _ in seat.send()] == [COORDINATOR]


def test_dropping_a_program_forgets_its_objects_and_its_waiters_only() -> None:
    seat = abroad("await ch.recv()")
    (ask,) = seat.heard(Ask, OTHER)
    seat.take(Drop(A))
    seat.take(Answer(A, ask.ticket, Outcome.OK, b""), source=OTHER)
    assert not homes(seat)._waiting and not homes(seat)._objects and not seat.machine.sched.runnable()


STRAY = (
    Ask(A, 1, FarOp.CHAN_RECV, 1, b"no pickle"), Ask(A, 1, 9999, 1, b""), Ask(A, 1, FarOp.SELECT_CLAIM, 1, b""),
    Tell(A, 1, FarOp.CHAN_CLOSE, 7, b"no pickle"), Answer(A, 5, Outcome.RAISED, b"no pickle"),
    TellFailed(A, 7, b"no pickle"),
)  # fmt: skip


@pytest.mark.parametrize("message", STRAY, ids=lambda message: type(message).__name__)
def test_who_speaks_of_a_program_that_was_never_loaded_here_gets_no_answer(message: Ask) -> None:
    seat = Seat()
    seat.join()
    seat.take(message, source=OTHER)
    assert not [sent for sent in seat.send() if sent[0] == OTHER and not isinstance(sent[1], Told)]


@pytest.mark.parametrize("message", STRAY, ids=lambda message: type(message).__name__)
def test_what_cannot_be_read_ends_no_m(message: Ask) -> None:
    seat, _ = at_home()
    seat.take(message, source=OTHER)
    seat.settle()
    assert not seat.machine.done


@pytest.mark.parametrize("outcome", [Outcome.OK, Outcome.RAISED])
def test_who_waits_in_the_kernel_for_an_answer_is_told_that_nobody_can_read_it(outcome: Outcome) -> None:
    class Waits:
        failed: list[Exception]

        def wake(self, val: object) -> None:
            raise AssertionError(f"woken with {val!r}")

        def prepare(self, val: object) -> object:
            raise AssertionError(f"asked for {val!r}")

        def fail(self, error: Exception) -> None:
            self.failed.append(error)

    seat, _ = at_home()
    waits = Waits()
    waits.failed = []
    homes(seat).post(A, ObjId(OTHER, 9), FarOp.CONTEXT_WATCH, None, waits)
    (ask,) = [message for _, message in seat.send() if isinstance(message, Ask)]
    seat.take(Answer(A, ask.ticket, outcome, b"no pickle"), source=OTHER)
    assert len(waits.failed) == 1 and not seat.machine.done
