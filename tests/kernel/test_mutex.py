"""sync.Mutex. The words that programs say are those of the same programs under Go 1.19 with GOMAXPROCS=1."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.kernel.far import FarOp
from cluster.kernel.g import SEMACQUIRE
from cluster.kernel.mutex import Mutex
from cluster.kernel.sched import go, gosched, sleep
from cluster.kernel.waitgroup import WaitGroup
from cluster.model.errors import FatalError, NotInGoroutineError
from cluster.model.ids import MId, ObjId
from tests.fakes import AsleepError, FakeFar, FakeShell, Loopback, StandIn, run, serving
from tests.kernel.talk import Talk, said

AWAY = ObjId(MId(7), 3)


async def lock_and_say(t: Talk, mu: Mutex, word: object) -> None:
    await mu.lock()
    t.say(word)
    mu.unlock()


def test_an_uncontended_mutex_lets_nobody_else_run() -> None:
    async def main() -> list[str]:
        log, mu = list[str](), Mutex()
        go(log.append, "other")
        await mu.lock()
        assert not await mu.try_lock()
        mu.unlock()
        assert await mu.try_lock()
        mu.unlock()
        async with mu:
            assert repr(mu) == "<Mutex locked, 0 waiting>"
        assert repr(mu) == "<Mutex unlocked, 0 waiting>"
        return log

    assert run(main) == []


def test_the_releaser_can_lock_again_before_the_waiter_it_woke() -> None:
    async def program(t: Talk) -> None:
        mu = Mutex()
        await mu.lock()
        await t.parked(3, lambda i: lock_and_say(t, mu, i))
        mu.unlock()
        await mu.lock()
        t.say("main again")
        mu.unlock()
        await t.wait(3)

    assert said(program) == "main again 0 1 2"


def test_who_loses_goes_back_to_the_front() -> None:
    async def program(t: Talk) -> None:
        mu = Mutex()
        await mu.lock()
        await t.parked(2, lambda i: lock_and_say(t, mu, i))
        for k in range(3):
            mu.unlock()
            await mu.lock()
            await gosched()
            t.say("main ", k)
        mu.unlock()
        await t.wait(2)

    assert said(program) == "main 0 main 1 main 2 0 1"


def test_a_newcomer_can_take_the_turn_of_the_one_that_was_woken() -> None:
    async def program(t: Talk) -> None:
        mu = Mutex()
        await mu.lock()
        await t.parked(2, lambda i: lock_and_say(t, mu, i))
        mu.unlock()
        await mu.lock()
        t.start(lambda _: lock_and_say(t, mu, "new"))
        await gosched()
        t.say("main")
        mu.unlock()
        await t.wait(3)

    assert said(program) == "main new 1 0"


def test_a_starving_mutex_is_handed_over_and_whoever_leaves_yields() -> None:
    """`async with` is Go's Lock and Unlock: what comes after it comes after the waiter."""

    async def program(t: Talk) -> None:
        mu = Mutex()

        async def waiter(i: int) -> None:
            async with mu:
                t.say(i)
                await gosched()
                t.say(i, ".")
            t.say(i, "!")

        async with mu:
            await t.parked(3, waiter)
            t.burn(2)
        async with mu:
            await gosched()
            t.say("main")
        t.say("main!")
        async with mu:
            t.say("main again")
        await t.wait(3)

    assert said(program) == "main 0 main! 0. 1 0! 1. 2 1! 2. main again 2!"


def test_a_starving_mutex_is_handed_over_by_unlock_too_and_the_waiter_runs_at_the_next_await_that_parks() -> None:
    """Go says `true 0 other true after`: there Unlock itself yields."""

    async def program(t: Talk) -> None:
        mu = Mutex()

        async def other(_: int) -> None:
            t.say("other ", await mu.try_lock())

        await mu.lock()
        await t.parked(1, lambda i: lock_and_say(t, mu, i))
        t.burn(2)
        mu.unlock()
        t.say(await mu.try_lock())
        await gosched()
        t.start(other)
        mu.unlock()
        t.say("after ", await mu.try_lock())
        await t.wait(2)

    assert said(program) == "true after false 0 other true"


def test_a_mutex_starves_after_more_than_a_millisecond_and_not_sooner() -> None:
    async def program(t: Talk) -> None:
        for ms in (1, 1.00001):
            mu = Mutex()
            await mu.lock()
            await t.parked(1, lambda i, mu=mu: lock_and_say(t, mu, i))  # type: ignore[misc]
            t.burn(ms)
            mu.unlock()
            await mu.lock()
            await gosched()
            t.say(repr(mu))
            mu.unlock()
            await t.wait(1)
            t.say(repr(mu))

    assert said(program) == (
        "<Mutex locked, 1 waiting> 0 <Mutex unlocked, 0 waiting> "
        "<Mutex locked, starving, 1 waiting> 0 <Mutex unlocked, 0 waiting>"
    )


def test_the_body_of_async_with_may_raise_and_the_mutex_is_free() -> None:
    async def main() -> bool:
        mu = Mutex()
        with pytest.raises(ValueError, match="body"):
            async with mu:
                raise ValueError("body")
        return await mu.try_lock()

    assert run(main) is True


def test_anybody_may_unlock() -> None:
    async def main() -> str:
        mu = Mutex()
        await mu.lock()
        go(mu.unlock)
        await mu.lock()
        return repr(mu)

    assert run(main) == "<Mutex locked, 0 waiting>"


def test_unlocking_an_unlocked_mutex_is_fatal() -> None:
    async def main() -> None:
        mu = Mutex()
        await mu.lock()
        mu.unlock()
        mu.unlock()

    with pytest.raises(FatalError, match=r"^sync: unlock of unlocked mutex$"):
        run(main)


def test_locking_twice_waits_in_semacquire_for_ever() -> None:
    shell = FakeShell()

    async def main() -> None:
        mu = Mutex()
        await mu.lock()
        await mu.lock()

    with pytest.raises(AsleepError):
        shell.run(main)
    assert shell.program.gs[1].wait_reason is SEMACQUIRE


def test_parking_needs_a_goroutine() -> None:
    async def main() -> Mutex:
        mu = Mutex()
        await mu.lock()
        return mu

    mu = run(main)
    assert isinstance(mu, Mutex)
    with pytest.raises(NotInGoroutineError):
        mu.lock().send(None)
    with pytest.raises(NotInGoroutineError):
        Mutex()


# Other Ms.


def test_a_handle_asks_for_the_lock_and_tells_of_its_end() -> None:
    far = FakeFar()
    shell = FakeShell(far=far)
    mu = Mutex.handle(shell.sched, AWAY)

    async def main() -> object:
        await mu.lock()
        mu.unlock()
        return await mu.try_lock(), repr(mu)

    g = shell.start(main)
    shell.run_until_idle()
    shell.sched.ready(g)
    shell.run_until_idle()
    g.val = True
    shell.sched.ready(g)
    assert shell.finish() == (True, f"<Mutex at {AWAY}>")
    assert [op for _, _, op, _ in far.asked] == [FarOp.MUTEX_LOCK, FarOp.MUTEX_TRY_LOCK]
    assert far.told == [(AWAY, FarOp.MUTEX_UNLOCK, None)]


def test_waiters_of_other_ms_compete_at_the_home() -> None:
    async def main() -> None:
        mu, first, second = Mutex(), StandIn(), StandIn()
        mu.serve(FarOp.MUTEX_LOCK, None, first)
        mu.serve(FarOp.MUTEX_LOCK, None, second)
        assert first.woken == [None] and not second.woken
        mu.serve(FarOp.MUTEX_UNLOCK, None, StandIn())
        assert second.woken == [None]
        third = StandIn()
        mu.serve(FarOp.MUTEX_TRY_LOCK, None, third)
        assert third.woken == [False]
        mu.serve(FarOp.MUTEX_UNLOCK, None, StandIn())
        with serving(), pytest.raises(FatalError, match="unlock of unlocked"):
            mu.serve(FarOp.MUTEX_UNLOCK, None, StandIn())
        with pytest.raises(AssertionError, match="a mutex was asked for CHAN_LEN"):
            mu.serve(FarOp.CHAN_LEN, None, StandIn())

    run(main)


@given(st.integers(0, 2**32), st.integers(2, 8), st.booleans())
def test_at_most_one_holds_it_and_everybody_gets_it(seed: int, n: int, remote: bool) -> None:
    rng, far = random.Random(seed), Loopback()
    shell = FakeShell(far=far)

    async def main() -> tuple[int, str]:
        mu, wg = Mutex(), WaitGroup()
        handle = far.handle(mu)
        inside, total = 0, 0

        async def user(mine: Mutex) -> None:
            nonlocal inside, total
            for _ in range(5):
                if rng.random() < 0.8:
                    await mine.lock()
                elif not await mine.try_lock():
                    await gosched()
                    continue
                inside += 1
                assert inside == 1
                shell.clock.advance(rng.choice([0, 1000, 2_000_000]))
                for _ in range(rng.randrange(3)):
                    await (gosched() if rng.random() < 0.8 else sleep(0.001))
                assert inside == 1
                inside -= 1
                total += 1
                mine.unlock()
                if rng.random() < 0.5:
                    await gosched()

        for i in range(n):
            wg.go(user, handle if remote and i % 2 else mu)
        await wg.wait()
        return total, repr(mu)

    total, text = shell.run(main)  # type: ignore[misc]
    assert text == "<Mutex unlocked, 0 waiting>" and total > 0
