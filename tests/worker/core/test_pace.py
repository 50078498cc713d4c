"""How long slices are, of an M and of single goroutines."""

from cluster.kernel.g import G
from cluster.model.clock import MILLISECOND
from cluster.model.limits import MOVE_SLICE_NS
from tests.fakes import FakeShell, new_gs
from worker.core.pace import KNOWN_MAX, PACE_NS, STUCK_NS, Pace


def living(n: int) -> list[G]:
    shell = FakeShell()
    gs = []
    for goid in range(n):
        (g,) = new_gs("a", shell.program, [])
        g.goid = goid + 1
        shell.program.gs[g.goid] = g
        gs.append(g)
    return gs


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


def test_the_average_is_unknown_until_something_has_run() -> None:
    pace = Pace()
    assert pace.average_ns is None
    pace.ran(300, 3)
    assert pace.average_ns == 100


def test_a_goroutine_chats_if_its_slices_are_short_and_known() -> None:
    (g, other) = living(2)
    pace = Pace()
    pace.ran(PACE_NS, 1)
    assert not pace.chats(g), "nobody knows"
    pace.ran(MOVE_SLICE_NS - 1, 1, g)
    assert pace.chats(g) and not pace.chats(other)
    pace.ran(2 * MOVE_SLICE_NS, 1, g)
    assert not pace.chats(g)
    pace.ran(0, 1, g)
    assert pace.chats(g)
    pace.forget(g)
    assert not pace.chats(g)


def test_one_that_computes_and_then_asks_does_not_chat() -> None:
    (g,) = living(1)
    pace = Pace()
    for _ in range(10):
        pace.ran(10 * MOVE_SLICE_NS, 1, g)
        assert not pace.chats(g)
        pace.ran(MOVE_SLICE_NS // 10, 1, g)
        assert not pace.chats(g)


def test_who_has_ended_is_not_kept_and_of_too_many_all_are_forgotten() -> None:
    gs = living(KNOWN_MAX + 1)
    pace = Pace()
    del gs[0].program.gs[gs[0].goid]
    pace.ran(1, 1, gs[0])
    assert not pace.chats(gs[0])
    for g in gs[1:]:
        pace.ran(1, 1, g)
    assert pace.chats(gs[1]) and pace.chats(gs[-1])
    gs[0].program.gs[gs[0].goid] = gs[0]
    pace.ran(1, 1, gs[0])
    assert pace.chats(gs[0]) and not pace.chats(gs[1])
