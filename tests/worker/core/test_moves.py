"""Goroutines that leave an M: when, how many, and what becomes of those that cannot."""

import gc
from random import Random

import pytest

from cluster.kernel.g import pinned_by
from cluster.model.clock import MILLISECOND, SECOND
from cluster.model.ids import ProgramId
from cluster.model.limits import MOVE_SLICE_NS, MOVES_MAX
from cluster.wire import frame
from cluster.wire.messages import Drop, Give, ReleaseP, Retake, Told
from tests.worker.movers import give, queued, start, step
from tests.worker.seat import EPOCH, OTHER, P0, A
from worker.core.moves import CHUNK, FIRST_NS, GIVEN_MAX, LOOK_NS, PAYS, REST, Moves
from worker.core.outbox import COORDINATOR
from worker.core.pace import PACE_NS, STUCK_NS

pytestmark = pytest.mark.skipif(not frame.available, reason=frame.why_not)


@pytest.mark.parametrize("slice_ns", [MOVE_SLICE_NS // 2, 2 * MOVE_SLICE_NS])
def test_they_leave_only_while_slices_are_long(slice_ns: int) -> None:
    seat = start()
    for _ in range(1000):
        seat.machine.moves.pace.ran(slice_ns, 1)
    assert bool(give(seat)) is (slice_ns > MOVE_SLICE_NS)


def test_one_whose_slices_are_short_stays_among_others_whose_are_long() -> None:
    seat = start()
    first, *_ = queued(seat)
    for _ in range(3):
        seat.machine.moves.pace.ran(MOVE_SLICE_NS // 2, 1, first)
    seat.machine.moves.pace.ran(PACE_NS * 10, 1)
    gave = give(seat)
    assert len(gave) == 2 and first.goid not in [record.goid for record in gave]
    assert len(seat.machine.moves.give(STUCK_NS, beside=False)) == 1, "nobody chats while the M is stuck"


def test_one_that_has_left_is_a_stranger_when_it_comes_back() -> None:
    seat = start()
    pace = seat.machine.moves.pace
    for g in queued(seat):
        pace.ran(MOVE_SLICE_NS * 4, 1, g)
    gave = [record.goid for record in give(seat)]
    assert [g.goid for g in seat.gs() if (A, g.goid) in pace._means_ns] == [
        g.goid for g in seat.gs() if g.goid not in gave and g.goid != 1
    ]


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


def test_the_originals_of_those_that_leave_when_their_program_is_over_run_no_finally() -> None:
    seat = start()
    log = seat.log()
    seat.machine.take_aside(COORDINATOR, Drop(A))  # while a goroutine keeps the main thread
    assert give(seat)
    seat.take(Drop(A))
    gc.collect()
    assert not [entry for entry in log if "ends" in str(entry)]


STUCK = """
    import threading
    async def steps(name, slices):
        held = threading.Lock() if slices else None
        while True:
            log.append(name)
            await gosched()
            slices -= 1
            if not slices:
                held = None
    async def main():
        for name, slices in STEPS:
            go(steps, name, slices)
        await waits()
"""


def test_one_that_cannot_leave_keeps_its_place_and_is_asked_again_when_it_has_run() -> None:
    seat = start(STUCK.replace("STEPS", "[('a', 0), ('b', 1)]"), 3)
    b, a = queued(seat)
    assert give(seat) == () and queued(seat) == [b, a]
    assert "local 'held': lock: cannot pickle '_thread.lock' object" in pinned_by(b)
    assert [record.goid for record in give(seat)] == [a.goid], "nobody asks b again"
    step(seat, 2)
    assert pinned_by(b) == ""


def test_those_that_are_refused_in_turn_do_not_overtake_the_others() -> None:
    seat = start(STUCK.replace("STEPS", "[('a', -1), ('b', -1), ('c', -1)]"), 4)
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
    wild = Moves(seat.machine.programs, seat.machine.sched, lambda *_: None, tuple, Random(1))
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


def test_packing_has_a_share_of_the_time() -> None:
    seat = start()
    clock = seat.clock

    def slow(*_: object) -> set[tuple[ProgramId, int]]:
        clock.advance(MILLISECOND)
        return set()

    seat.machine.moves._telling = slow  # type: ignore[misc]
    seat.machine.moves.pace.ran(0, 1_000_000)  # slices are short, as far as is known
    assert len(seat.machine.moves.give(STUCK_NS, beside=False)) == 2
    seat.machine.moves.pace.ran(PACE_NS * 10_000_000, 1)
    assert give(seat) == ()
    clock.advance(REST * MILLISECOND - 1)
    assert give(seat) == ()
    clock.advance(1)
    assert len(give(seat)) == 1


def test_packing_that_pays_has_half_of_the_time() -> None:
    seat = start()
    seat.machine.moves._telling = lambda: (seat.clock.advance(MILLISECOND), set())[1]  # type: ignore[misc,func-returns-value]
    assert len(give(seat)) == 2
    seat.clock.advance(MILLISECOND - 1)
    assert give(seat) == ()
    seat.clock.advance(1)
    assert len(give(seat)) == 1


def test_one_delay_does_not_make_packing_dear() -> None:
    moves = start().machine.moves
    moves.pace.ran(0, 1_000_000)
    moves.pace.ran(PACE_NS, PACE_NS // (10 * PAYS))
    average_ns = moves.pace.average_ns
    assert average_ns is not None
    price_ns = average_ns // PAYS
    assert moves._pays(10, 10 * price_ns) and moves._pays(10, 1000 * price_ns) and not moves._pays(10, 1000 * price_ns)
    assert moves._pays(10, 10 * price_ns) and not moves._pays(0, 0)


@pytest.mark.parametrize(("stays", "rest_ns"), [(True, REST * LOOK_NS), (False, REST * FIRST_NS)])
def test_one_delay_makes_no_long_rest(stays: bool, rest_ns: int) -> None:
    seat = start()
    all_of_them = {(A, g.goid) for g in seat.gs()} if stays else set()
    delays = iter([SECOND])
    seat.machine.moves._telling = lambda: (seat.clock.advance(next(delays, 0)), all_of_them)[1]  # type: ignore[misc,func-returns-value]
    seat.machine.moves.pace.ran(0, 1_000_000_000)  # so that it does not pay
    assert bool(seat.machine.moves.give(STUCK_NS, beside=False)) is not stays
    all_of_them.clear()
    seat.clock.advance(rest_ns - 1)
    assert seat.machine.moves.give(STUCK_NS, beside=False) == ()
    seat.clock.advance(1)
    assert len(seat.machine.moves.give(STUCK_NS, beside=False)) == (2 if stays else 1)


CROWD = """
    async def main():
        for i in range(COUNT):
            go(write, i)
        await gosched()
        await waits()
"""


def test_many_that_have_not_begun_leave_in_chunks_which_go_on_though_nobody_is_hungry_any_more() -> None:
    seat = start(CROWD.replace("COUNT", str(4 * CHUNK)), 1)
    seat.machine.sched.hungry = True
    sizes = []
    for _ in range(5):
        seat.machine.hunger.feed(seat.clock.now(), seat.clock.now(), beside=False)
        sizes += [len(give.records) for _, give in seat.send() if isinstance(give, Give)]
        seat.sent = []
    assert sizes == [CHUNK, CHUNK, 1] and not seat.machine.moves.owing


def test_no_more_than_so_many_leave_for_one_hunger() -> None:
    seat = start(CROWD.replace("COUNT", str(4 * GIVEN_MAX)), 1)
    left = len(give(seat))
    while seat.machine.moves.owing:
        left += len(seat.machine.moves.give_rest(beside=False))
    assert left == GIVEN_MAX


def test_no_chunk_follows_one_that_did_not_pay() -> None:
    seat = start(CROWD.replace("COUNT", str(4 * CHUNK)), 1)
    for _ in range(2):
        seat.machine.moves._price_ns = MILLISECOND
        seat.machine.moves.pace.ran(0, 1_000_000_000)
    seat.machine.moves._telling = lambda: (seat.clock.advance(SECOND), set())[1]  # type: ignore[misc,func-returns-value]
    assert len(give(seat)) == CHUNK and not seat.machine.moves.owing


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
