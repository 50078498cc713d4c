"""Goroutines that leave one M and come to another: when, how many, and what becomes of those that cannot."""

from random import Random
from typing import Any

import pytest

from cluster.kernel.g import G, Named, name_of, pinned_by
from cluster.model.clock import MILLISECOND
from cluster.model.ids import MAIN_GOID, ProgramId
from cluster.model.limits import MOVE_SLICE_NS, MOVES_MAX
from cluster.wire import frame
from cluster.wire.messages import Back, Drop, Give, Gone, MainReturned, Record, ReleaseP, Retake, Told, Unfit
from tests.worker.seat import EPOCH, ME, OTHER, P0, A, Seat
from worker.core import records
from worker.core.census import surveyed
from worker.core.moves import PACE_NS, REST, STUCK_NS, Moves, Pace
from worker.core.programs import Hosted

pytestmark = pytest.mark.skipif(not frame.available, reason=frame.why_not)

STEPS = """
    async def steps(name, n):
        try:
            for i in range(n):
                log.append((name, i))
                await gosched()
        finally:
            log.append((name, "ends"))
    async def main():
        for name in "abcd":
            go(steps, name, 3)
        await gosched()
        await waits()
"""


def start(text: str = STEPS, slices: int = 6) -> Seat:
    """An M that has made so many slices, which were long."""
    seat = Seat(text)
    seat.join()
    seat.lease()
    seat.work(Record(A, MAIN_GOID, b""))
    seat.turn()
    step(seat, slices)
    seat.machine.moves.pace.ran(slices * PACE_NS, 1)
    return seat


def step(seat: Seat, slices: int = 1) -> None:
    """So many slices."""
    for _ in range(slices):
        seat.machine._budget = 1
        seat.turn()


def give(seat: Seat) -> tuple[Record, ...]:
    return seat.machine.moves.give(0, beside=False)


def twin(seat: Seat, *came: Record) -> Seat:
    """Another M of the same program, to which these have come."""
    other = Seat(seat.text, OTHER)
    other.join()
    other.lease()
    other.work(*came)
    return other


def queued(seat: Seat) -> list[G]:
    return [*seat.machine.sched.ring, *seat.machine.sched.globrunq]


def test_started_goroutines_go_on_where_they_arrive_and_nothing_of_them_runs_at_home() -> None:
    seat = start()
    assert sorted(seat.log()) == [(name, 0) for name in "abcd"]
    given = give(seat)
    assert [(record.started, record.giver) for record in given] == [(True, ME)] * 2
    left = {record.goid for record in given}
    assert not left & set(seat.hosted().kernel.gs) and seat.hosted().sent == 2
    other = twin(seat, *given)
    other.settle()
    assert {goid for took in other.took for goid in took.goids} == left
    seat.settle()
    here, there = seat.log()[4:], other.log()
    for log in (here, there):
        names = sorted({name for name, _ in log})  # type: ignore[misc]  # what `steps` writes
        assert len(names) == 2
        for name in names:
            assert [what for who, what in log if who == name] == [1, 2, "ends"]  # type: ignore[misc]


def test_its_name_and_where_it_was_made_go_along() -> None:
    seat = start()
    record, *_ = give(seat)
    other = twin(seat, record)
    other.turn()
    other.machine.tick(other.now())
    other.machine.run(other.now())
    g = other.hosted().kernel.gs[record.goid]
    assert isinstance(g.fn, Named) and name_of(g.fn) == "main.steps"
    assert isinstance(g.creator, tuple) and g.creator[0] == "created by main.main"


def test_main_moves_and_returns_where_it_is_then() -> None:
    seat = start("""
        async def main():
            for i in range(4):
                await gosched()
            return i
    """, 2)  # fmt: skip
    seat.machine.sched.cur = seat.gs()[0]  # as if another one ran, so that main is not the last
    (record,) = give(seat)
    seat.machine.sched.cur = None
    assert seat.hosted().kernel.main is None
    other = twin(seat, record)
    other.settle()
    assert [message.program for message in other.heard(MainReturned)] == [A]


@pytest.mark.parametrize("slice_ns", [MOVE_SLICE_NS // 2, 2 * MOVE_SLICE_NS])
def test_they_leave_only_while_slices_are_long(slice_ns: int) -> None:
    seat = start()
    for _ in range(1000):
        seat.machine.moves.pace.ran(slice_ns, 1)
    assert bool(give(seat)) is (slice_ns > MOVE_SLICE_NS)


def test_the_pace_forgets_what_is_long_ago_and_counts_the_slice_under_way() -> None:
    pace = Pace()
    assert not pace.slow(0), "nobody knows yet"
    pace.ran(0, 1)
    assert not pace.slow(0) and not pace.slow(2 * MOVE_SLICE_NS - 1) and pace.slow(2 * MOVE_SLICE_NS)
    pace.ran(PACE_NS, 100_000)
    assert not pace.slow(10 * MILLISECOND), "one hog among many who chat"
    assert pace.slow(STUCK_NS), "nobody chats while the M is stuck"
    for _ in range(30):
        pace.ran(10 * MILLISECOND, 1)
    assert pace.slow(0)


def test_the_last_one_is_not_given_away() -> None:
    seat = start("""
        async def main():
            while True:
                await gosched()
    """)  # fmt: skip
    assert len(queued(seat)) == 1 and give(seat) == ()


def test_no_more_leave_at_once_than_a_thief_of_go_takes() -> None:
    n = 2 * MOVES_MAX + 20
    seat = start(f"""
        async def yields():
            while True:
                await gosched()
        async def main():
            for _ in range({n}):
                go(yields)
            await waits()
    """, 2 * n)  # fmt: skip
    assert len(queued(seat)) == n and len(give(seat)) == MOVES_MAX


STUCK = """
    import threading
    async def steps(name):
        held = threading.Lock() if name == "b" else None
        await gosched()
        held = None
        while True:
            await gosched()
    async def main():
        for name in "ab":
            go(steps, name)
        await waits()
"""


def test_one_that_cannot_leave_keeps_its_place_and_is_asked_again_when_it_has_run() -> None:
    seat = start(STUCK, 3)
    b, a = queued(seat)
    assert give(seat) == () and queued(seat) == [b, a]
    assert "local 'held': lock: cannot pickle '_thread.lock' object" in pinned_by(b)
    assert [record.goid for record in give(seat)] == [a.goid], "nobody asks b again"
    step(seat, 2)
    assert pinned_by(b) == ""


def test_those_that_are_refused_in_turn_do_not_overtake_the_others() -> None:
    seat = start("""
        import threading
        async def steps(name):
            held = threading.Lock()
            while True:
                log.append(name)
                await gosched()
        async def main():
            for name in "abc":
                go(steps, name)
            await waits()
    """, 4)  # fmt: skip
    for _ in range(12):
        assert give(seat) == ()
        step(seat)
    assert seat.log() == list("cab" * 5)


def test_one_that_is_wired_stays() -> None:
    seat = start("""
        from cluster.kernel.runtime import lock_os_thread
        async def steps(name):
            if name == "b":
                lock_os_thread()
            while True:
                await gosched()
        async def main():
            for name in "ab":
                go(steps, name)
            await waits()
    """, 3)  # fmt: skip
    b, a = queued(seat)
    assert pinned_by(b) == "locked to its thread"
    assert [record.goid for record in give(seat)] == [a.goid] and queued(seat) == [b]


def test_one_that_no_other_m_can_read_goes_back_and_is_pinned_at_home_until_it_has_run() -> None:
    seat = start()
    record, *_ = give(seat)
    other = twin(seat, record)
    other.text = other.text.replace("range(n)", "range(n + 1)")
    sent = other.settle()
    (unfit,) = [message.record for _, message in sent if isinstance(message, Unfit)]
    assert not other.took and not other.gs()
    assert unfit._replace(refused="") == record
    assert unfit.refused.startswith(f"M {OTHER} cannot take it: ") and "the code of steps in <string>" in unfit.refused
    before = set(seat.hosted().kernel.gs)
    seat.take(Back(unfit))
    (g,) = [g for g in seat.gs() if g.goid not in before]
    assert g.goid == record.goid and pinned_by(g) == unfit.refused
    seat.settle()
    assert pinned_by(g) == "" and [what for _, what in seat.log()].count("ends") == 3  # type: ignore[misc]


def test_a_p_that_another_m_wants_leaves_with_the_goroutines_that_can_move() -> None:
    seat = start()
    seat.take(Retake(P0, EPOCH))
    seat.turn()
    (released,) = seat.heard(ReleaseP)
    assert [record.started for record in released.records] == [True] * 4 and not released.wants
    assert not seat.machine.sched.runnable()


def test_a_p_leaves_alone_while_slices_are_short() -> None:
    seat = start()
    seat.machine.moves.pace.ran(0, 1_000_000)
    seat.take(Retake(P0, EPOCH))
    seat.turn()
    (released,) = seat.heard(ReleaseP)
    assert released.records == () and released.wants and seat.machine.sched.runnable() == 4


def test_moveoff_keeps_what_has_started() -> None:
    seat = start()
    seat.hosted().kernel.mobile = False
    assert give(seat) == ()


def test_a_hungry_coordinator_is_given_some_at_the_next_turn() -> None:
    seat = start()
    seat.machine.sched.hungry = True
    seat.turn()
    (given,) = seat.heard(Give)
    assert len(given.records) == 2 and not seat.machine.sched.hungry


def test_chaos_moves_what_does_not_pay() -> None:
    seat = start()
    seat.machine.moves.pace.ran(0, 1_000_000)
    calm = seat.machine.moves
    assert calm.give(0, beside=False) == () and not calm.restless and not calm.moody
    wild = Moves(seat.machine.outbox, seat.machine.programs, seat.machine.sched, lambda *_: None, tuple, Random(1))
    assert len(wild.give(0, beside=False)) == 2
    assert any(wild.restless for _ in range(1000)) and any(wild.moody for _ in range(1000))


AWKWARD = """
    import sys, tempfile, weakref
    class Exits:
        def __getstate__(self):
            sys.exit("not like this")
    class Asks(dict):
        def __getattr__(self, name):
            return self[name]
    class Lies:
        @property
        def __class__(self):
            raise ValueError("who asks?")
        def __reduce__(self):
            raise TypeError("it will not")
    class Kept:
        pass
    def numbers():
        n = 0
        while True:
            n += 1
            yield n
    kept, shared = Kept(), numbers()
    def make(kind):
        match kind:
            case "exits": return Exits()
            case "asks": return Asks(lock=sys.stdout, held=memoryview(b""))
            case "lies": return Lies()
            case "finalizer": return weakref.finalize(kept, print)
            case "directory": return tempfile.TemporaryDirectory()
            case "proxy": return weakref.proxy(kept)
            case "generator": next(shared); return shared
    async def holds(kind):
        held = make(kind)
        while True:
            await gosched()
    async def main():
        go(holds, KIND)
        go(gosched)
        await waits()
"""


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("exits", "not like this"),
        ("asks", "cannot pickle"),
        ("lies", "who asks?"),
        ("finalizer", "cannot pickle 'finalize' object"),
        ("directory", "cannot pickle 'finalize' object"),
        ("proxy", "a weak reference"),
        ("generator", "generator numbers: somebody who stays refers to it, too"),
    ],
)
def test_whatever_a_program_does_when_it_is_written_its_goroutine_stays_and_nothing_else_happens(
    kind: str, why: str
) -> None:
    seat = start(AWKWARD.replace("KIND", repr(kind)), 6)
    (g,) = [g for g in queued(seat) if g.goid == 2]
    seat.machine.sched.cur = seat.gs()[0]  # as if another one ran
    assert give(seat) == ()
    seat.machine.sched.cur = None
    assert why in pinned_by(g) and queued(seat) == [g]
    seat.module().__dict__.clear()


UNREADABLE = """
    class Name(str):
        def __new__(cls, text, what):
            made = super().__new__(cls, text)
            made.what = what
            return made
    async def steps(name):
        held = Name("a", [name])
        original.append(held)
        for _ in range(3):
            await gosched()
        log.append(held is original[0] and held.what)
    original = []
    async def main():
        go(steps, "x")
        await gosched()
        await waits()
"""


def test_what_can_be_written_and_not_be_read_goes_on_from_its_original() -> None:
    seat = start(UNREADABLE, 3)
    seat.machine.sched.cur = seat.gs()[0]
    (record,) = give(seat)
    seat.machine.sched.cur = None
    other = twin(seat, record)
    (unfit,) = [message.record for _, message in other.settle() if isinstance(message, Unfit)]
    assert "__new__() missing 1 required positional argument" in unfit.refused
    seat.take(Back(unfit))
    assert seat.hosted().departed == {}
    seat.settle()
    assert seat.log() == [["x"]]
    assert [took.goids for took in seat.took][-1] == (record.goid,), "the coordinator knows whose it is"


def test_an_original_is_emptied_when_another_m_has_it_and_none_of_its_code_runs() -> None:
    seat = start()
    given = give(seat)
    goids = tuple(record.goid for record in given)
    coroutines = [departed.g.send.__self__ for departed in seat.hosted().departed.values()]  # type: ignore[union-attr]
    before = list(seat.log())
    seat.take(Gone(A, goids))
    assert seat.hosted().departed == {} and len(coroutines) == 2
    for coroutine in coroutines:
        with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
            coroutine.send(None)
    del coroutine, coroutines
    assert seat.log() == before


def test_one_that_comes_back_by_the_global_queue_goes_on_from_its_original() -> None:
    seat = start()
    (record, *_) = give(seat)
    original = seat.hosted().departed[record.goid].g
    seat.work(record)
    step(seat)
    assert seat.hosted().kernel.gs[record.goid] is original and pinned_by(original) == ""


def test_originals_end_with_their_program() -> None:
    seat = start()
    give(seat)
    before = list(seat.log())
    hosted = seat.hosted()
    seat.take(Drop(A))
    assert hosted.departed == {} and not any(what == "ends" for _, what in before)  # type: ignore[misc]


def test_packing_has_a_share_of_the_time() -> None:
    seat = start()
    clock = seat.clock

    def slow(*_: object) -> set[tuple[ProgramId, int]]:
        clock.advance(MILLISECOND)
        return set()

    seat.machine.moves._telling = slow  # type: ignore[misc]
    assert len(give(seat)) == 2
    assert give(seat) == ()
    clock.advance(REST * MILLISECOND - 1)
    assert give(seat) == ()
    clock.advance(1)
    assert len(give(seat)) == 1


def test_one_whose_tell_is_under_way_stays_until_it_has_taken_effect() -> None:
    seat = start("""
        async def closes(name):
            ch.close()
            while True:
                await gosched()
        async def main():
            for name in "ab":
                go(closes, name)
            await waits()
    """, 0)  # fmt: skip
    seat.module().ch = seat.machine.homes.find("chan", OTHER, 9, 2, None)
    step(seat, 5)
    seat.machine.moves.pace.ran(PACE_NS * 100, 1)
    assert len(queued(seat)) == 2 and give(seat) == ()
    seat.take(Told(1), source=OTHER)
    assert len(give(seat)) == 1
    seat.take(Told(2), source=OTHER)
    seat.machine.sched.cur = seat.gs()[0]
    assert len(give(seat)) == 1


def test_what_is_being_read_counts_as_active_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sysmon thread may answer a survey meanwhile; a goroutine that nobody counts would look like a deadlock."""
    seat = start()
    record, *_ = give(seat)
    other = twin(seat, record)
    active = []
    read = records.unpack

    def unpack(hosted: Hosted, *rest: Any) -> G:  # noqa: ANN401  # as `unpack` takes them
        active.append(surveyed(1, other.machine.sched, [hosted], False).programs[0].active)
        return read(hosted, *rest)

    monkeypatch.setattr(records, "unpack", unpack)
    other.settle()
    assert active == [1]
