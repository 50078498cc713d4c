"""sync.Cond. The words that programs say are those of the same programs under Go 1.19 with GOMAXPROCS=1."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.kernel.cond import Cond
from cluster.kernel.far import FarOp
from cluster.kernel.g import COND_WAIT
from cluster.kernel.mutex import Mutex
from cluster.kernel.rwmutex import RWMutex
from cluster.kernel.sched import go, gosched
from cluster.kernel.waitgroup import WaitGroup
from cluster.model.errors import FatalError
from cluster.model.ids import MId, ObjId
from tests.fakes import AsleepError, FakeFar, FakeShell, Loopback, StandIn, run
from tests.kernel.talk import Talk, said

AWAY = ObjId(MId(7), 3)


async def wait_and_say(t: Talk, c: Cond, i: int) -> None:
    await c.mu.lock()
    await c.wait()
    t.say(i)
    c.mu.unlock()


def test_signals_wake_in_the_order_of_waiting() -> None:
    async def program(t: Talk) -> None:
        c = Cond(Mutex())
        await t.parked(3, lambda i: wait_and_say(t, c, i))
        c.signal()
        t.say("main")
        c.signal()
        await gosched()
        c.signal()
        await t.wait(3)

    assert said(program) == "main 1 0 2"


def test_a_broadcast_readies_all_in_order_and_the_last_runs_first() -> None:
    async def program(t: Talk) -> None:
        c = Cond(Mutex())
        await t.parked(4, lambda i: wait_and_say(t, c, i))
        await c.mu.lock()
        c.broadcast()
        t.say("main")
        c.mu.unlock()
        await t.wait(4)

    assert said(program) == "main 3 0 1 2"


def test_the_woken_lock_the_mutex_again_one_after_the_other() -> None:
    async def program(t: Talk) -> None:
        c = Cond(Mutex())

        async def waiter(i: int) -> None:
            async with c.mu:  # type: ignore[union-attr]
                await c.wait()
                t.say(i)
                await gosched()

        await t.parked(3, waiter)
        async with c.mu:  # type: ignore[union-attr]
            c.broadcast()
            await gosched()
            t.say("main")
        await t.wait(3)

    assert said(program) == "main 2 0 1"


def test_a_signal_with_nobody_waiting_is_lost() -> None:
    shell = FakeShell()

    async def main() -> None:
        c = Cond(Mutex())
        c.signal()
        c.broadcast()
        assert repr(c) == "<Cond, 0 waiting>"
        await c.mu.lock()
        await c.wait()

    with pytest.raises(AsleepError):
        shell.run(main)
    assert shell.program.gs[1].wait_reason is COND_WAIT


def test_waiting_without_the_lock_is_fatal() -> None:
    async def main() -> None:
        await Cond(Mutex()).wait()

    with pytest.raises(FatalError, match=r"^sync: unlock of unlocked mutex$"):
        run(main)


def test_it_works_with_the_writing_side_of_a_read_write_mutex() -> None:
    async def program(t: Talk) -> None:
        c = Cond(RWMutex())
        await t.parked(2, lambda i: wait_and_say(t, c, i))
        c.broadcast()
        await t.wait(2)

    assert said(program) == "1 0"


def test_who_is_signalled_between_its_ticket_and_its_place_in_the_queue_does_not_park() -> None:
    """The mutex starves, so that unlocking it yields to somebody who signals at once."""

    async def program(t: Talk) -> None:
        mu = Mutex()
        c = Cond(mu)

        async def waiter(_: int) -> None:
            async with mu:
                await t.parked(1, signaller)
                t.burn(2)
                mu.unlock()
                await mu.lock()
                await gosched()
                await c.wait()
                t.say("woken")

        async def signaller(_: int) -> None:
            await mu.lock()
            c.signal()
            t.say("signal")
            mu.unlock()

        t.start(waiter)
        await t.wait(2)

    assert said(program) == "signal woken"


# Other Ms.


def test_a_handle_takes_its_ticket_before_it_unlocks_and_queues_after() -> None:
    far = FakeFar()
    shell = FakeShell(far=far)
    mu = Mutex.handle(shell.sched, ObjId(MId(8), 1))
    c = Cond.handle(shell.sched, AWAY, mu)

    async def main() -> str:
        await c.wait()
        c.signal()
        c.broadcast()
        return repr(c)

    g = shell.start(main)
    shell.run_until_idle()
    assert [op for _, op, _ in far.told] == [FarOp.COND_ADD, FarOp.MUTEX_UNLOCK]
    assert far.asked == [(g, AWAY, FarOp.COND_WAIT, g.goid)]
    shell.sched.ready(g)
    shell.run_until_idle()
    assert far.asked[1:] == [(g, mu.home, FarOp.MUTEX_LOCK, None)]
    shell.sched.ready(g)
    assert shell.finish() == f"<Cond at {AWAY}>"
    assert [op for _, op, _ in far.told[2:]] == [FarOp.COND_SIGNAL, FarOp.COND_BROADCAST]
    assert c.facts() == (mu,)


def test_a_ticket_of_another_m_can_be_signalled_before_its_waiter_comes() -> None:
    async def main() -> None:
        c, early, late = Cond(Mutex()), StandIn(), StandIn()
        c.serve(FarOp.COND_ADD, 21, StandIn())
        c.serve(FarOp.COND_ADD, 22, StandIn())
        c.serve(FarOp.COND_SIGNAL, None, StandIn())
        c.serve(FarOp.COND_WAIT, 22, late)
        c.serve(FarOp.COND_WAIT, 21, early)
        assert early.woken == [None] and not late.woken
        c.serve(FarOp.COND_BROADCAST, None, StandIn())
        assert late.woken == [None]
        with pytest.raises(AssertionError, match="a cond was asked for CHAN_LEN"):
            c.serve(FarOp.CHAN_LEN, None, StandIn())

    run(main)


@given(st.integers(0, 2**32), st.booleans())
def test_a_bounded_queue_of_two_conds_loses_nothing(seed: int, remote: bool) -> None:
    rng, far = random.Random(seed), Loopback()
    shell = FakeShell(far=far)

    async def main() -> tuple[list[int], str]:
        mu = Mutex()
        room, items = Cond(mu), Cond(mu)
        queue, got, wg = list[int](), list[int](), WaitGroup()
        ours = (mu, room, items)
        theirs = far.handle(mu), far.handle(room), far.handle(items)

        async def put(side: tuple[Mutex, Cond, Cond], i: int) -> None:
            lock, space, filled = side
            async with lock:
                while len(queue) == 2:
                    await space.wait()
                if rng.random() < 0.3:
                    await gosched()
                queue.append(i)
                filled.signal()

        async def take(side: tuple[Mutex, Cond, Cond]) -> None:
            lock, space, filled = side
            async with lock:
                while not queue:
                    await filled.wait()
                got.append(queue.pop(0))
                shell.clock.advance(rng.choice([0, 2_000_000]))
                space.broadcast() if rng.random() < 0.5 else space.signal()

        for i in range(12):
            side = theirs if remote and rng.random() < 0.5 else ours
            wg.go(put, side, i) if rng.random() < 0.5 else go(put, side, i)
            wg.go(take, side)
        await wg.wait()
        return sorted(got), repr(items)

    assert shell.run(main) == (list(range(12)), "<Cond, 0 waiting>")
