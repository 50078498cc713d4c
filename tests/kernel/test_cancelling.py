"""Goexit in goroutines that others do not want any more."""

from cluster.kernel.cancelling import cancel
from cluster.kernel.chan import Chan
from cluster.kernel.g import G
from cluster.kernel.mutex import Mutex
from cluster.kernel.nilchan import nil
from cluster.kernel.sched import go, gosched, here, sleep
from tests.fakes import FakeShell, Loopback, run

LONG_S = 1000.0


def children() -> list[G]:
    """All goroutines but the running one, in the order of their making."""
    sched = here("children")
    assert sched.cur is not None
    return [g for g in sched.cur.program.gs.values() if g is not sched.cur]


def cancel_all() -> None:
    for g in children():
        cancel(here("cancel"), g)


def test_one_that_is_runnable_ends_when_it_would_run_and_its_finally_runs() -> None:
    async def main() -> list[str]:
        log = list[str]()

        async def works() -> None:
            try:
                while True:
                    log.append("works")
                    await gosched()
            finally:
                log.append("finally")

        go(works)
        await gosched()
        cancel_all()
        await gosched()
        assert not children()
        return log

    assert run(main) == ["works", "finally"]


def test_one_that_sleeps_ends_at_once_and_its_timer_is_gone() -> None:
    async def main() -> int:
        go(sleep, LONG_S)
        await gosched()
        assert len(here("main").timers) == 1
        cancel_all()
        await gosched()
        assert not children()
        return len(here("main").timers)

    assert run(main) == 0


def test_one_that_waits_at_a_channel_ends_and_nobody_meets_it_there() -> None:
    async def main() -> tuple[bool, int]:
        ch, full = Chan[int](1), Chan[int](1)
        await full.send(1)
        go(ch.recv)
        go(full.send, 2)
        await gosched()
        cancel_all()
        await gosched()
        assert not children()
        await ch.send(7)  # into the buffer, for no one waits
        assert await full.recv() == 1
        return len(ch) == 1, len(full)

    assert run(main) == (True, 0)


def test_one_that_waits_deep_in_its_calls_ends_too() -> None:
    async def main() -> list[str]:
        ch, log = Chan[int](), list[str]()

        async def inner() -> int:
            try:
                return await ch.recv()
            finally:
                log.append("inner")

        async def outer() -> None:
            try:
                await inner()
            finally:
                log.append("outer")

        go(outer)
        await gosched()
        cancel_all()
        await gosched()
        return log

    assert run(main) == ["inner", "outer"]


def test_one_that_waits_for_a_lock_ends_when_it_has_it_and_gives_it_back() -> None:
    async def main() -> bool:
        mu = Mutex()

        async def wants() -> None:
            async with mu:
                raise AssertionError("it was cancelled")

        await mu.lock()
        go(wants)
        await gosched()
        cancel_all()
        await gosched()
        assert children()
        mu.unlock()
        await gosched()
        assert not children()
        return await mu.try_lock()

    assert run(main) is True


def test_one_that_waits_elsewhere_or_for_ever_stays_until_it_is_woken() -> None:
    there = Loopback()

    async def main() -> int:
        ch = Chan[int]()
        go(there.handle(ch).recv)
        go(nil.recv)
        await gosched()
        cancel_all()
        await gosched()
        waiting = len(children())
        await ch.send(1)
        await gosched()
        return waiting - len(children())

    assert FakeShell(far=there).run(main) == 1
