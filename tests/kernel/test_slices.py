"""How long a goroutine, or a chain of them, has the P: what begins a slice, and what ends it."""

import pytest

from cluster.kernel.chan import Chan
from cluster.kernel.sched import go, gosched, sleep
from tests.fakes import AsleepError, FakeShell, park_for_ever


def test_runnext_inherits_the_slice() -> None:
    """A chain in which each starts the next is one slice: Go's ran 1000 links before a G in the ring."""
    shell = FakeShell()

    def link(n: int) -> int:
        if n:
            go(link, n - 1)
        return shell.sched.tick

    shell.run(link, 500)
    shell.run_until_idle()
    assert shell.sched.tick == 1


def test_a_chain_in_runnext_is_cut_when_its_slice_is_over_and_goes_behind_the_global_queue() -> None:
    shell, ran = FakeShell(budget=10), list[str]()

    async def main() -> None:
        a, b = Chan[None](), Chan[None]()

        async def echo() -> None:
            async for _ in a:
                await b.send(None)

        async def talk() -> None:
            for i in range(100):
                await a.send(None)
                await b.recv()
                ran.append(f"talk {i}")
                shell.clock.advance(1_000_000)

        go(echo)
        go(talk)
        await gosched()
        ran.append("main")

    shell.start(main)
    shell.run_until_idle()
    assert 10 <= ran.index("main") <= 16


def test_after_a_preemption_the_one_in_runnext_has_a_slice_of_its_own() -> None:
    shell, ran = FakeShell(), list[object]()

    async def main() -> None:
        for i in range(3):
            go(ran.append, i)
        shell.clock.advance(20_000_000)
        shell.sched.preempt()
        ran.append("main")

    shell.run(main)
    assert ran == [2, 0, 1, "main"]


def test_a_rest_is_no_part_of_a_slice() -> None:
    """Who wakes after a long time goes on in front of those that were started meanwhile."""
    shell, ran = FakeShell(), list[str]()

    async def sleeper() -> None:
        await sleep(1)
        ran.append("sleeper")

    async def main() -> None:
        go(sleeper)
        await sleep(1)
        ran.append("main")
        await park_for_ever()

    with pytest.raises(AsleepError):
        shell.run(main)
    assert ran == ["sleeper", "main"]


def test_each_g_of_the_ring_begins_a_slice() -> None:
    shell, ticks = FakeShell(), list[int]()

    async def main() -> None:
        for _ in range(4):
            go(lambda: ticks.append(shell.sched.tick))
        await park_for_ever()

    with pytest.raises(AsleepError):
        shell.run(main)
    assert shell.sched.tick == 1 + 3  # main, and the three that were not in runnext


def test_the_p_that_is_leased_for_a_new_main_is_a_fresh_p_and_any_other_keeps_its_tick() -> None:
    shell = FakeShell()
    shell.sched.take_p(7)
    assert shell.sched.tick == 7
    shell.sched.spawn_main(shell.program, park_for_ever, ())
    shell.sched.take_p(7)
    assert shell.sched.tick == 0
    shell.run_until_idle()
    shell.sched.take_p(7)
    assert shell.sched.tick == 7
