"""Both ends of a handle."""

from collections.abc import Generator

import pytest

from cluster.kernel.far import FarOp
from cluster.kernel.g import SEMACQUIRE, G, Waiter, WaitReason
from cluster.kernel.handles import Delegate, ask, caller, demand, staying, tell, wake
from cluster.kernel.parks import parks
from cluster.kernel.sched import Sched, go, here, park
from cluster.model.errors import NotInGoroutineError
from cluster.model.ids import MId, ObjId
from tests.fakes import FakeClock, FakeFar, FakeShell, StandIn

AWAY = ObjId(MId(7), 3)


def test_a_goroutine_asks_and_parks_tells_and_goes_on_demands_and_has_the_answer() -> None:
    far = FakeFar()
    far.answers[FarOp.CHAN_LEN] = 5
    shell = FakeShell(far=far)

    @parks
    def main() -> Generator[WaitReason, object, object]:
        tell(AWAY, FarOp.WG_ADD, 1, "add")
        n = demand(AWAY, FarOp.CHAN_LEN, None, "len")
        return n, (yield from ask(shell.sched, AWAY, FarOp.WG_WAIT, "x", SEMACQUIRE))

    g = shell.start(main)
    shell.run_until_idle()
    assert g.wait_reason is SEMACQUIRE and far.asked == [(g, AWAY, FarOp.WG_WAIT, "x")]
    assert far.told == [(AWAY, FarOp.WG_ADD, 1)]
    wake(shell.sched, g, "answer")
    assert shell.finish() == (5, "answer")


def test_only_goroutines_have_handles_in_their_hands() -> None:
    with pytest.raises(NotInGoroutineError, match="unlock was called outside"):
        tell(AWAY, FarOp.MUTEX_UNLOCK, None, "unlock")
    with pytest.raises(NotInGoroutineError, match="len was called outside"):
        demand(AWAY, FarOp.CHAN_LEN, None, "len")
    with pytest.raises(NotInGoroutineError, match="lock was called outside"):
        caller(Sched(FakeClock()), "lock")


def test_waking_readies_a_goroutine_and_tells_anybody_else() -> None:
    shell, away = FakeShell(), StandIn()

    async def main() -> object:
        sched = here("main")
        g = caller(sched, "main")
        go(wake, sched, g, "hello")
        wake(sched, away, "bye")
        return await park(SEMACQUIRE)

    assert shell.run(main) == "hello" and away.woken == ["bye"]


def test_a_goroutine_stays_on_its_m_until_its_steps_are_over() -> None:
    shell = FakeShell()

    def steps() -> Generator[WaitReason, object, object]:
        return (yield SEMACQUIRE)

    @parks
    def main(why: str) -> Generator[WaitReason, object, object]:
        g = caller(shell.sched, "main")
        g.pinned = why
        got = yield from staying(g, steps())
        return got, g.pinned

    for why in ("", "it is wired"):
        shell = FakeShell()
        g = shell.start(main, why)
        shell.run_until_idle()
        assert g.pinned == (why or "it waits for an object of this M")
        wake(shell.sched, g, 1)
        assert shell.finish() == (1, why)
    away = StandIn()
    Delegate(away, lambda w: staying(w, steps())).wake(2)
    assert away.woken == [2]


def test_a_delegate_goes_on_each_time_it_is_woken_and_answers_at_the_end() -> None:
    queue, log, away = list[G | Waiter](), list[object](), StandIn()

    def steps(w: G | Waiter) -> Generator[WaitReason, object, str]:
        for _ in range(2):
            queue.append(w)
            log.append((yield SEMACQUIRE))
        return "done"

    Delegate(away, steps)
    for val in "ab":
        assert not away.woken
        (w,) = queue
        queue.clear()
        assert isinstance(w, Delegate)
        w.wake(val)
    assert log == ["a", "b"] and away.woken == ["done"]


def test_ten_thousand_delegates_that_wake_each_other_are_no_recursion() -> None:
    last = StandIn()
    delegates: list[Delegate] = []

    def steps(i: int) -> Generator[WaitReason, object, None]:
        yield SEMACQUIRE
        if i + 1 < len(delegates):
            delegates[i + 1].wake(None)

    for i in range(10_000):
        delegates.append(Delegate(last, lambda _, i=i: steps(i)))  # type: ignore[misc]
    delegates[0].wake(None)
    assert len(last.woken) == 10_000


def test_a_delegate_that_fails_leaves_the_others_alone() -> None:
    def fails(_: Delegate) -> Generator[WaitReason, object, None]:
        raise ValueError("a bug")
        yield

    def works(_: Delegate) -> Generator[WaitReason, object, str]:
        yield from ()
        return "done"

    with pytest.raises(ValueError, match="a bug"):
        Delegate(StandIn(), fails)
    away = StandIn()
    Delegate(away, works)
    assert away.woken == ["done"]
