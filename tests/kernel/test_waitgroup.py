"""WaitGroup: local, served to other Ms, and as a handle. The order of its waiters is in test_go_orders.py."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.kernel.chan import Chan
from cluster.kernel.far import FarOp
from cluster.kernel.g import SEMACQUIRE
from cluster.kernel.sched import go, gosched
from cluster.kernel.waitgroup import WaitGroup
from cluster.model.errors import NegativeCounterError, NotInGoroutineError, Panic
from cluster.model.ids import MId, ObjId
from tests.fakes import AsleepError, FakeFar, FakeShell, StandIn, run

AWAY = ObjId(MId(7), 3)


def test_wait_returns_when_all_are_done() -> None:
    async def main() -> list[object]:
        wg, log = WaitGroup(), list[object]()

        async def work(i: int) -> None:
            await gosched()
            log.append(i)
            wg.done()

        wg.add(3)
        for i in range(3):
            go(work, i)
        await wg.wait()
        log.append("main")
        return log

    log = run(main)
    assert isinstance(log, list) and sorted(log[:3]) == [0, 1, 2] and log[3:] == ["main"]


def test_waiting_for_nobody_neither_parks_nor_yields() -> None:
    async def main() -> list[str]:
        log = list[str]()
        go(log.append, "other")
        wg = WaitGroup()
        await wg.wait()
        wg.add(2)
        wg.add(-2)
        await wg.wait()
        return log

    assert run(main) == []


def test_a_waiter_that_nobody_frees_is_in_semacquire() -> None:
    shell = FakeShell()

    async def main() -> None:
        wg = WaitGroup()
        wg.add(1)
        await wg.wait()

    with pytest.raises(AsleepError):
        shell.run(main)
    assert shell.program.gs[1].wait_reason is SEMACQUIRE


def test_a_counter_below_zero_panics() -> None:
    async def main() -> None:
        with pytest.raises(NegativeCounterError, match=r"^sync: negative WaitGroup counter$") as caught:
            WaitGroup().done()
        assert isinstance(caught.value, Panic)

    run(main)


def test_a_wait_group_can_be_used_again_when_its_waiters_have_gone_on() -> None:
    async def main() -> None:
        wg = WaitGroup()
        for _ in range(3):
            wg.add(1)
            go(wg.done)
            await wg.wait()

    run(main)


def test_reuse_before_the_waiters_ran_is_the_panic_of_go() -> None:
    async def main() -> str:
        wg, said = WaitGroup(), Chan[str]()

        async def waiter() -> None:
            try:
                await wg.wait()
            except Panic as panic:
                await said.send(str(panic))

        wg.add(1)
        go(waiter)
        await gosched()
        wg.done()
        wg.add(1)
        return await said.recv()

    assert run(main) == "sync: WaitGroup is reused before previous Wait has returned"


def test_go_adds_one_starts_and_is_done_also_when_the_function_panics() -> None:
    """Its words are those of Add, go and Done in Go: 2 0 1 main."""

    async def main() -> list[object]:
        wg, log = WaitGroup(), list[object]()

        async def work(i: int) -> None:
            log.append(i)

        for i in range(2):
            wg.go(work, i)
        wg.go(log.append, 2)
        await wg.wait()
        return [*log, "main"]

    assert run(main) == [2, 0, 1, "main"]
    shell = FakeShell()

    async def fails() -> None:
        wg = WaitGroup()

        def fail() -> None:
            raise ValueError(repr(wg))

        wg.go(fail)
        await wg.wait()

    with pytest.raises(ValueError, match="<WaitGroup count=1>"):
        shell.run(fails)


def test_waiting_needs_a_goroutine() -> None:
    async def main() -> WaitGroup:
        return WaitGroup()

    wg = run(main)
    assert isinstance(wg, WaitGroup)
    with pytest.raises(NotInGoroutineError, match="wait was called outside"):
        wg.wait().send(None)


def test_a_handle_tells_its_home_to_add_and_asks_it_to_wait() -> None:
    far = FakeFar()
    shell = FakeShell(far=far)
    wg = WaitGroup.handle(shell.sched, AWAY)

    async def main() -> str:
        wg.add(2)
        wg.done()
        await wg.wait()
        return repr(wg)

    g = shell.start(main)
    shell.run_until_idle()
    shell.sched.ready(g)
    assert shell.finish() == f"<WaitGroup at {AWAY}>"
    assert far.told == [(AWAY, FarOp.WG_ADD, 2), (AWAY, FarOp.WG_ADD, -1)]
    assert far.asked == [(g, AWAY, FarOp.WG_WAIT, None)]


def test_a_wait_group_serves_nothing_but_its_own_operations_on_numbers() -> None:
    async def main() -> str:
        wg = WaitGroup()
        with pytest.raises(AssertionError, match="a wait group was asked for CHAN_LEN"):
            wg.serve(FarOp.CHAN_LEN, None, StandIn())
        with pytest.raises(TypeError, match=r"WaitGroup\.add takes an int, not str"):
            wg.serve(FarOp.WG_ADD, "1", StandIn())
        return repr(wg)

    assert run(main) == "<WaitGroup count=0>"


@given(st.lists(st.tuples(st.sampled_from([-1, 1, 2, "wait"]), st.booleans()), max_size=40))
def test_waiters_here_and_elsewhere_are_released_exactly_when_the_counter_is_zero(
    steps: list[tuple[int | Literal["wait"], bool]],
) -> None:
    async def main() -> None:
        wg, count, parked, expected = WaitGroup(), 0, set[int](), set[int]()
        released, away = set[int](), dict[int, StandIn]()

        async def waiter(step: int) -> None:
            await wg.wait()
            released.add(step)

        for step, (what, remote) in enumerate(steps):
            if what == "wait":
                parked.add(step)
                if remote:
                    away[step] = StandIn()
                    wg.serve(FarOp.WG_WAIT, None, away[step])
                else:
                    go(waiter, step)
            elif count + what >= 0:
                count += what
                wg.serve(FarOp.WG_ADD, what, StandIn()) if remote else wg.add(what)
            if count == 0:
                expected |= parked
            for _ in range(3):  # once more than needed: main may be the 61st tick's
                await gosched()
            assert released | {step for step, waiter in away.items() if waiter.woken == [None]} == expected

    run(main)
