"""Goroutines as records: ids, names, and the status that is derived instead of stored."""

from functools import partial
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.kernel.chan import Chan
from cluster.kernel.g import CHAN_RECEIVE, CHAN_SEND, SEMACQUIRE, SLEEP, G, Program, goids, name_of, status_of
from cluster.kernel.sched import go, gosched, sleep
from cluster.model.ids import ProgramId
from cluster.model.limits import GOID_BATCH
from cluster.model.status import G_MOVES, GEvent, GStatus, move
from tests.fakes import FakeShell


def first(n: int, stripe: int, stripes: int) -> list[int]:
    return list(islice(goids(stripe, stripes), n))


def test_on_one_m_ids_are_consecutive_after_mains() -> None:
    assert first(40, 0, 1) == list(range(2, 42))


def test_each_m_takes_batches_of_16_in_turn() -> None:
    """Go's P0 takes 1 to 16, the next P that needs some 17 to 32."""
    assert first(17, 0, 3) == [*range(2, 17), 49, 50]
    assert first(17, 1, 3) == [*range(17, 33), 65]


@given(st.integers(1, 5), st.integers(1, 100))
def test_no_two_ms_give_the_same_id_not_even_one_that_joined_late(stripes: int, n: int) -> None:
    ids = [i for stripe in range(2 * stripes + 1) for i in first(n, stripe, stripes)]
    assert len(set(ids)) == len(ids) and 1 not in ids and GOID_BATCH == 16


def test_wait_reasons_are_gos_words() -> None:
    assert [reason.text for reason in (CHAN_RECEIVE, CHAN_SEND, SEMACQUIRE, SLEEP)] == [
        "chan receive",
        "chan send",
        "semacquire",
        "sleep",
    ]
    assert repr(SLEEP) == "WaitReason('sleep')"


class Worker:
    def __call__(self) -> None: ...

    def method(self) -> None: ...


@pytest.mark.parametrize(
    ("fn", "name"),
    [
        (first, f"{__name__}.first"),
        (partial(partial(first, 1), stripe=2), f"{__name__}.first"),
        (Worker().method, f"{__name__}.Worker.method"),
        (Worker(), f"{__name__}.Worker"),
        (print, "builtins.print"),
    ],
)
def test_a_function_is_named_by_package_and_qualified_name(fn: object, name: str) -> None:
    assert name_of(fn) == name


def test_the_program_file_is_package_main() -> None:
    def f() -> None: ...

    for module in ("__main__", "__gmp_main_12__"):
        f.__module__, f.__qualname__ = module, "f"
        assert name_of(f) == "main.f"
    g = G(7, Program(ProgramId(3)), f, (), None, 0)
    assert repr(g) == "<goroutine 7 of program 3: main.f>"


EVENTS_MAX = 3  # of one goroutine, between two looks: it is executed, parks, and is readied


def reachable(status: GStatus) -> set[GStatus]:
    """Where a goroutine may be after one dispatch of any goroutine."""
    found, edge = {status}, {status}
    for _ in range(EVENTS_MAX):
        edge = {after for (before, _), after in G_MOVES.items() if before in edge}
        found |= edge
    return found


def test_the_derived_status_moves_as_the_table_of_g_allows() -> None:
    shell = FakeShell(budget=1)

    async def worker(c: Chan[int], i: int) -> None:
        await c.send(i)
        await gosched()
        await sleep(0.001)
        await c.recv()

    async def main() -> None:
        c = Chan[int]()
        for i in range(5):
            go(worker, c, i)
        for _ in range(5):
            await c.recv()
        await sleep(1)
        for i in range(5):
            await c.send(i)
        await gosched()

    shell.start(main)
    seen = dict[int, list[GStatus]]()
    gs = dict[int, G]()
    while not shell.sched.events:
        gs |= shell.program.gs
        for goid, g in gs.items():
            seen.setdefault(goid, [GStatus.IDLE]).append(status_of(g, shell.sched.cur))
        if not shell.sched.run(shell.lease, 1):
            when = shell.sched.timers.next()
            assert when is not None
            shell.clock.advance(when - shell.clock.now())
    for statuses in seen.values():
        for before, after in pairwise(statuses):
            assert after in reachable(before)
    everything = {status for statuses in seen.values() for status in statuses}
    assert everything == {GStatus.IDLE, GStatus.RUNNABLE, GStatus.WAITING, GStatus.DEAD}


def test_the_goroutine_that_executes_is_running_and_one_that_ended_is_dead() -> None:
    shell = FakeShell()

    async def main() -> list[GStatus]:
        me = shell.sched.cur
        go(print)
        (new,) = [g for g in shell.program.gs.values() if g is not me]
        assert me is not None
        statuses = [status_of(me, shell.sched.cur), status_of(new, shell.sched.cur)]
        shell.sched.runnext = None
        del shell.program.gs[new.goid]
        return [*statuses, status_of(new, shell.sched.cur)]

    assert shell.run(main) == [GStatus.RUNNING, GStatus.RUNNABLE, GStatus.DEAD]
    assert move(G_MOVES, GStatus.RUNNING, GEvent.END) is GStatus.DEAD
