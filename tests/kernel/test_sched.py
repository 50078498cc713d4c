"""The switch loop: which queue is looked at when, what a slice is, how goroutines begin and end. See stealing apart."""

import asyncio
from collections.abc import Callable

import pytest

from cluster.kernel.chan import Chan
from cluster.kernel.events import Panicked, Returned
from cluster.kernel.g import G, Program
from cluster.kernel.sched import Sched, current_goroutine, go, goid, gosched, here, sleep
from cluster.kernel.stealing import steal
from cluster.model.errors import (
    FatalError,
    ForeignAwaitError,
    NoLeaseError,
    NotInGoroutineError,
    Panic,
)
from cluster.model.ids import ProgramId
from cluster.model.limits import GLOBRUNQ_TICKS
from tests.fakes import FOREVER, FakeClock, FakeShell, names, new_gs, park_for_ever, run


async def yields(log: list[object], name: str, times: int) -> None:
    for i in range(times):
        log.append(f"{name}{i}")
        await gosched()


# Leases.


def test_without_a_lease_in_force_nothing_runs() -> None:
    shell, ran = FakeShell(), list[object]()
    shell.start(ran.append, "main")
    shell.lease.deadline = shell.clock.now()
    with pytest.raises(NoLeaseError, match=r"lease of P 0 \(epoch 1\) ran out 0.0 ms ago"):
        shell.sched.run(shell.lease, 64)
    assert ran == [] and here_is_nobody()


def test_the_last_nanosecond_of_a_lease_is_still_good() -> None:
    shell, ran = FakeShell(), list[object]()
    shell.start(ran.append, "main")
    shell.lease.deadline = FOREVER
    shell.clock.advance(FOREVER - 1 - shell.clock.now())
    assert shell.sched.run(shell.lease, 64) and ran == ["main"]


def here_is_nobody() -> bool:
    return current_goroutine() is None


# One slice, one budget.


def test_run_dispatches_at_most_its_budget_and_goes_on_where_it_stopped() -> None:
    shell, log = FakeShell(), list[object]()
    shell.start(yields, log, "m", 3)
    assert shell.sched.run(shell.lease, 2) and log == ["m0", "m1"] and not shell.sched.events
    assert shell.sched.run(shell.lease, 2) and log == ["m0", "m1", "m2"]
    assert shell.sched.events == [Returned(shell.program, None)]


def test_run_is_false_when_all_are_parked() -> None:
    shell = FakeShell()
    shell.start(sleep, 1)
    assert not shell.sched.run(shell.lease, 64)
    assert shell.sched.runnable() == 0 and len(shell.sched.timers) == 1


def test_an_interrupted_run_ends_at_the_next_switch() -> None:
    shell, log = FakeShell(), list[object]()

    async def main() -> None:
        log.append("before")
        shell.sched.interrupt()
        log.append("the goroutine itself goes on")
        await gosched()
        log.append("after")

    shell.start(main)
    assert shell.sched.run(shell.lease, 64) and log == ["before", "the goroutine itself goes on"]
    assert shell.sched.run(shell.lease, 64) and log[2:] == ["after"]


def test_go_ends_the_run_of_a_hungry_kernel_when_it_leaves_something_to_steal() -> None:
    shell, log = FakeShell(), list[object]()

    async def main() -> None:
        shell.sched.hungry = True
        go(log.append, "a")
        go(log.append, "b")
        await gosched()

    shell.start(main)
    assert shell.sched.run(shell.lease, 64) and log == []
    assert [one.g.args for one in steal(shell.sched)] == [("a",)]


def test_outside_of_a_run_no_goroutine_is_current() -> None:
    shell = FakeShell()
    main = shell.start(lambda: (current_goroutine(), here("test"), goid()))
    assert shell.finish() == (main, shell.sched, 1)
    assert shell.sched.cur is None and shell.sched.last is main and current_goroutine() is None


def test_kernels_that_run_in_turn_keep_apart() -> None:
    log = list[object]()
    a, b = FakeShell(budget=1), FakeShell(budget=1)
    a.start(yields, log, "a", 2)
    b.start(yields, log, "b", 2)
    for shell in (a, b, b, a):
        shell.sched.run(shell.lease, 1)
    assert log == ["a0", "b0", "b1", "a1"]


# Ticks: a slice begins when a G comes from anywhere but runnext.


def test_main_takes_the_first_tick_of_an_idle_kernel() -> None:
    shell = FakeShell()
    for _ in range(2):
        program = Program(ProgramId(1))
        shell.sched.spawn_main(program, yields, ([], "m", 5))
        shell.run_until_idle()
        assert shell.sched.tick == 6
        shell.sched.drop(program)


def test_main_of_a_second_program_stands_in_line_and_leaves_the_tick_alone() -> None:
    shell, log = FakeShell(), list[object]()
    second = Program(ProgramId(2))
    shell.start(yields, log, "a", 100)
    shell.sched.run(shell.lease, 3)
    shell.sched.spawn_main(second, yields, (log, "b", 1))
    shell.sched.run(shell.lease, 2)
    assert log == ["a0", "a1", "a2", "b0", "a3"] and shell.sched.tick == 5


@pytest.mark.parametrize("tick", [1, 5, 24, 60, 61])
def test_every_61st_tick_one_g_of_globrunq_goes_first(tick: int) -> None:
    """As Go: main gives way to 200 others, and is back as soon as the tick is a multiple of 61."""
    shell, ran = FakeShell(tick=tick), list[object]()

    async def main() -> int:
        for i in range(200):
            go(ran.append, i)
        await gosched()
        return len(ran)

    before = (-tick) % GLOBRUNQ_TICKS  # slices until then, besides runnext, which takes no tick
    assert shell.run(main) == (1 + before if before else 0)


def test_at_the_61st_tick_exactly_one_is_taken() -> None:
    shell, log = FakeShell(), list[object]()
    shell.sched.globrunq.extend(new_gs(["g0", "g1"], shell.program, log))
    shell.sched.put(new_gs(["r0", "r1"], shell.program, log))
    shell.sched.tick = GLOBRUNQ_TICKS
    shell.run_until_idle()
    assert log == ["g0", "r0", "r1", "g1"]


# Where a G goes.


def test_go_puts_into_runnext_and_moves_its_occupant_to_the_tail_of_the_ring() -> None:
    shell = FakeShell()

    def main() -> tuple[list[object], object]:
        for name in "abc":
            go(print, name)
        assert shell.sched.runnext is not None
        return [g.args for g in shell.sched.ring], shell.sched.runnext.args

    assert shell.run(main) == ([("a",), ("b",)], ("c",))


def test_a_full_ring_gives_its_older_half_and_the_newcomer_to_globrunq() -> None:
    shell = FakeShell(runq_size=4)

    def main() -> tuple[str, str, object]:
        for name in "abcdef":
            go(print, name)
        assert shell.sched.runnext is not None
        return names(shell.sched.ring), names(shell.sched.globrunq), shell.sched.runnext.args[0]

    assert shell.run(main) == ("cd", "abe", "f")


def test_readying_overflows_the_ring_just_as_go_does() -> None:
    shell = FakeShell(runq_size=4)

    async def main() -> tuple[int, int]:
        c = Chan[int]()
        for _ in range(6):
            go(c.recv)
            await gosched()
        for i in range(6):
            await c.send(i)
        return len(shell.sched.ring), len(shell.sched.globrunq)

    assert shell.run(main) == (2, 3)


@pytest.mark.parametrize(
    ("procs", "queued", "batch"),
    [(1, 1, 1), (1, 100, 100), (1, 128, 128), (1, 129, 128), (1, 1000, 128), (2, 2, 2), (2, 3, 2),
     (4, 1, 1), (4, 3, 1), (4, 4, 2), (4, 100, 26), (4, 507, 127), (4, 508, 128), (4, 1000, 128)],
)  # fmt: skip
def test_an_empty_ring_takes_a_batch_from_globrunq(procs: int, queued: int, batch: int) -> None:
    """min(n, n/GOMAXPROCS + 1, half a ring): Go's globrunqget."""
    shell = FakeShell(procs=procs)
    shell.sched.globrunq.extend(new_gs(range(queued), shell.program, []))
    shell.sched.tick = 1
    shell.sched.run(shell.lease, 1)
    assert (len(shell.sched.ring), len(shell.sched.globrunq)) == (batch - 1, queued - batch)


@pytest.mark.parametrize("procs", [1, 3])
@pytest.mark.parametrize("queued", [1, 2, 3, 9])
def test_a_batch_never_overfills_a_short_ring(queued: int, procs: int) -> None:
    shell, log = FakeShell(procs=procs, runq_size=4), list[object]()
    shell.sched.globrunq.extend(new_gs(range(queued), shell.program, log))
    while shell.sched.run(shell.lease, 1):
        assert len(shell.sched.ring) <= 2
    assert log == list(range(queued))


def test_what_comes_from_elsewhere_stands_at_the_tail_and_never_takes_runnext() -> None:
    shell, log = FakeShell(runq_size=2), list[object]()
    shell.sched.put(new_gs("abc", shell.program, log))
    assert (names(shell.sched.ring), names(shell.sched.globrunq), shell.sched.runnext) == ("ab", "c", None)


# How goroutines begin and end.


def test_plain_functions_and_async_ones_are_goroutines_with_arguments_of_both_kinds() -> None:
    log = list[object]()

    def plain(*args: object, **kwargs: object) -> None:
        log.append((args, kwargs))

    async def coro(*args: object, **kwargs: object) -> None:
        log.append((args, kwargs))

    async def main() -> None:
        go(plain, 1, 2, k=3)
        go(coro, 1, fn=2)
        await gosched()
        await gosched()

    run(main)
    assert log == [((1,), {"fn": 2}), ((1, 2), {"k": 3})]


def test_main_may_be_a_plain_function() -> None:
    assert run(lambda: 42) == 42


def test_go_returns_nothing_and_evaluates_arguments_in_the_caller() -> None:
    seen = list[int]()

    async def main() -> object:
        i = 1
        result = go(seen.append, i)  # type: ignore[func-returns-value]  # which is what is tested
        i = 2
        await gosched()
        return result

    assert run(main) is None and seen == [1]


def test_go_fills_every_field_of_a_g_as_its_constructor_does() -> None:
    """`go` has the constructor written out; a field that only one of them knew would be missed here."""
    shell = FakeShell()

    def main() -> G:
        go(print, 1)
        assert shell.sched.runnext is not None
        return shell.sched.runnext

    made = shell.run(main)
    assert isinstance(made, G)
    same = G(made.goid, made.program, made.fn, made.args, made.creator, made.creator_lasti)
    assert [getattr(made, field) for field in G.__slots__] == [getattr(same, field) for field in G.__slots__]


def test_go_none_is_gos_fatal_error() -> None:
    with pytest.raises(FatalError, match=r"^go of nil func value$"):
        run(lambda: go(None))


def test_goroutine_ids_count_from_main() -> None:
    async def main() -> list[object]:
        ids = list[object]([goid()])
        for _ in range(3):
            go(lambda: ids.append(goid()))
        await gosched()
        return ids

    assert run(main) == [1, 4, 2, 3]


def test_when_main_returns_nobody_else_runs() -> None:
    shell, log = FakeShell(), list[object]()

    async def main() -> str:
        go(log.append, "never")
        return "result"

    assert shell.run(main) == "result" and log == [] and shell.sched.runnable() == 0


@pytest.mark.parametrize("fail", [StopIteration("from a goroutine"), KeyError("k"), Panic(3), KeyboardInterrupt()])
def test_what_leaves_a_goroutine_is_an_event(fail: BaseException) -> None:
    shell = FakeShell()

    def plain() -> None:
        raise fail

    async def main() -> None:
        go(plain)
        await park_for_ever()

    shell.start(main)
    assert shell.sched.run(shell.lease, 64)
    (event,) = shell.sched.events
    assert isinstance(event, Panicked) and event.error is fail and event.g.goid == 2


def test_an_exception_of_an_async_goroutine_is_an_event_too() -> None:
    async def main() -> None:
        go(crash)
        await park_for_ever()

    async def crash() -> None:
        await gosched()
        raise ValueError("x")

    with pytest.raises(ValueError, match=r"^x$"):
        run(main)


def test_a_goroutine_that_awaits_a_future_of_another_loop_gets_an_error_it_can_catch() -> None:
    loop = asyncio.new_event_loop()

    async def main() -> str:
        try:
            await loop.create_future()
        except ForeignAwaitError as error:
            await gosched()  # and goes on as before
            return str(error)
        return "no error"

    try:
        assert "a goroutine awaited 'Future', which this scheduler cannot wait for" in str(run(main))
    finally:
        loop.close()


def test_a_foreign_await_that_nobody_catches_ends_the_program() -> None:
    with pytest.raises(ForeignAwaitError):
        run(asyncio.sleep, 0)


def test_an_error_thrown_into_a_parked_goroutine_is_raised_where_it_waits() -> None:
    shell = FakeShell()

    async def main() -> str:
        try:
            await park_for_ever()
        except Panic as panic:
            await gosched()
            return f"caught {panic}"
        return "not thrown"

    g = shell.start(main)
    shell.run_until_idle()
    shell.sched.throw(g, Panic("a remote one"))
    assert shell.finish() == "caught a remote one"


def test_dropping_a_program_forgets_its_goroutines_and_runs_no_finally() -> None:
    shell, log = FakeShell(), list[object]()

    async def with_finally() -> None:
        try:
            await gosched()
            await sleep(1)
        finally:
            log.append("finally")

    async def main() -> None:
        go(with_finally)
        await gosched()
        go(log.append, "unstarted")
        await gosched()
        await sleep(2)

    for dispatches in range(1, 8):
        shell = FakeShell()
        shell.start(main)
        shell.sched.run(shell.lease, dispatches)
        shell.sched.drop(shell.program)
        shell.clock.advance(10_000_000_000)
        assert not shell.sched.run(shell.lease, 64)
        assert shell.sched.events == [] and shell.program.gs == {} and "finally" not in log
        graveyards.append(shell.program)


graveyards: list[Program] = []  # kept, as a worker keeps them: Python would run the `finally` blocks


def test_dropping_one_program_leaves_the_others_alone() -> None:
    shell, log, other = FakeShell(), list[object](), Program(ProgramId(2))
    shell.sched.put(new_gs("ab", shell.program, log))
    shell.sched.globrunq.extend(new_gs("cd", other, log))
    shell.sched.events = [Returned(shell.program, 1), Returned(other, 2)]
    shell.sched.drop(shell.program)
    assert shell.sched.events == [Returned(other, 2)]
    shell.sched.events.clear()
    shell.run_until_idle()
    assert log == ["c", "d"]


# Outside of goroutines.


@pytest.mark.parametrize("call", [lambda: go(print), goid, lambda: here("x"), lambda: sleep(1).send(None), Chan])
def test_what_needs_a_goroutine_says_so_outside_of_one(call: Callable[[], object]) -> None:
    with pytest.raises(NotInGoroutineError, match=r"outside of a goroutine.*cluster\.run"):
        call()


def test_calls_between_two_runs_are_outside_too() -> None:
    shell = FakeShell()
    shell.start(yields, [], "m", 3)
    shell.sched.run(shell.lease, 1)
    with pytest.raises(NotInGoroutineError):
        go(print)


def test_a_kernel_alone_can_be_made_with_a_clock_only() -> None:
    assert Sched(FakeClock()).runnable() == 0
