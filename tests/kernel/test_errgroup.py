"""x/sync's errgroup.Group."""

from collections.abc import Callable

import pytest

from cluster.kernel.errgroup import ErrGroup, in_words, portable
from cluster.kernel.far import FarOp
from cluster.kernel.g import CHAN_SEND, SEMACQUIRE, G
from cluster.kernel.sched import gosched
from cluster.model.errors import CannotShipError, ClusterError
from cluster.model.ids import MId, ObjId
from tests.fakes import AsleepError, FakeFar, FakeShell, Loopback, StandIn, run
from tests.kernel.talk import Talk, said

AWAY = ObjId(MId(7), 3)


class ParticularError(Exception):
    """One that pickle cannot make anew: it has another number of arguments than it was made with."""

    def __init__(self, place: str, number: int) -> None:
        super().__init__(f"{number} at {place}")


def fail(text: str) -> None:
    raise ValueError(text)


def test_wait_returns_when_all_are_done_plain_and_async() -> None:
    async def main() -> list[object]:
        log, group = list[object](), ErrGroup()

        async def work(i: int) -> None:
            await gosched()
            log.append(i)

        group.go(work, 1)
        group.go(log.append, "plain")
        await group.wait()
        assert repr(group) == "<ErrGroup <WaitGroup count=0>, None>"
        return log

    assert run(main) == ["plain", 1]


def test_wait_raises_the_first_error_after_all_are_done() -> None:
    async def main() -> list[str]:
        log, group = list[str](), ErrGroup()

        async def late() -> None:
            await gosched()
            log.append("late")
            raise KeyError("second")

        group.go(late)
        group.go(fail, "first")
        with pytest.raises(ValueError, match="first"):
            await group.wait()
        return log

    assert run(main) == ["late"]


def test_go_never_waits_and_beyond_the_limit_the_new_goroutines_take_turns() -> None:
    async def program(t: Talk) -> None:
        group, active = ErrGroup(limit=2), 0

        async def work(i: int) -> None:
            nonlocal active
            active += 1
            assert active <= 2
            t.say(i)
            await gosched()
            active -= 1

        for i in range(5):
            group.go(work, i)
        t.say("main")
        await group.wait()

    assert said(program) == "main 4 0 1 2 3"


def test_with_limit_zero_nobody_ever_runs_and_a_negative_limit_is_none() -> None:
    shell = FakeShell()

    async def main() -> None:
        group = ErrGroup(-1)
        group.go(int)
        await group.wait()
        group = ErrGroup(0)
        group.go(pytest.fail, "it ran")
        await group.wait()

    with pytest.raises(AsleepError):
        shell.run(main)
    assert {g.wait_reason for g in shell.program.gs.values()} == {CHAN_SEND, SEMACQUIRE}


def test_what_is_no_exception_leaves_the_goroutine_and_counts_as_done() -> None:
    async def main() -> None:
        group = ErrGroup()
        group.go(exit_now)
        await group.wait()

    def exit_now() -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        run(main)


def test_members_on_other_ms_take_turns_and_their_first_error_counts() -> None:
    far = Loopback()
    shell = FakeShell(far=far)

    async def main() -> None:
        group, active = ErrGroup(2), 0
        handle = far.handle(group)

        async def work(i: int) -> None:
            nonlocal active
            active += 1
            assert active <= 2
            await gosched()
            active -= 1
            if i in (3, 4):
                raise ParticularError("here", i)

        for i in range(8):
            (handle if i % 2 else group).go(work, i)
        for waiter in (handle, group):
            with pytest.raises(ClusterError, match="ParticularError: 3 at here"):
                await waiter.wait()

    shell.run(main)


def test_a_handle_tells_of_members_asks_for_turns_and_starts_them_here() -> None:
    far = FakeFar()
    shell = FakeShell(far=far)
    group = ErrGroup.handle(shell.sched, AWAY, 1)

    async def main() -> str:
        group.go(fail, "oh")
        await group.wait()
        return repr(group)

    shell.start(main)
    shell.run_until_idle()
    asked = {op: g for g, _, op, _ in far.asked}
    assert [*asked] == [FarOp.ERRGROUP_WAIT, FarOp.ERRGROUP_ENTER] and far.told == [(AWAY, FarOp.ERRGROUP_ADD, None)]
    shell.sched.ready(asked[FarOp.ERRGROUP_ENTER])
    shell.run_until_idle()
    ((_, op, error),) = far.told[1:]
    assert op is FarOp.ERRGROUP_LEAVE and isinstance(error, ValueError) and str(error) == "oh"
    shell.sched.ready(asked[FarOp.ERRGROUP_WAIT])
    assert shell.finish() == f"<ErrGroup at {AWAY}>" and group.facts() == (1,)


def test_turns_and_waiters_of_other_ms_are_served() -> None:
    async def main() -> None:
        group, first, second, waiter = ErrGroup(1), StandIn(), StandIn(), StandIn()
        for asker in (first, second):
            group.serve(FarOp.ERRGROUP_ADD, None, StandIn())
            group.serve(FarOp.ERRGROUP_ENTER, None, asker)
        group.serve(FarOp.ERRGROUP_WAIT, None, waiter)
        assert first.woken == [None] and not second.woken
        group.serve(FarOp.ERRGROUP_LEAVE, KeyError("x"), StandIn())
        assert second.woken == [None] and not waiter.woken
        group.serve(FarOp.ERRGROUP_LEAVE, None, StandIn())
        (error,) = waiter.woken
        assert isinstance(error, KeyError)
        with pytest.raises(AssertionError, match="an error group was asked for CHAN_LEN"):
            group.serve(FarOp.CHAN_LEN, None, StandIn())

    run(main)


class Refusing(FakeFar):
    """Another M, to which no ValueError can be sent."""

    def tell(self, g: G, obj: ObjId, op: FarOp, arg: object) -> None:
        if isinstance(arg, ValueError):
            raise CannotShipError("no")
        super().tell(g, obj, op, arg)


class RefusingWaiter(StandIn):
    def wake(self, val: object) -> None:
        if isinstance(val, ValueError):
            raise CannotShipError("no")
        super().wake(val)


def test_an_error_that_cannot_be_sent_arrives_as_its_text() -> None:
    far = Refusing()
    shell = FakeShell(far=far)
    handle = ErrGroup.handle(shell.sched, AWAY, None)

    async def main() -> None:
        handle.go(fail, "there")
        group, waiter = ErrGroup(), RefusingWaiter()
        group.go(fail, "here")
        await gosched()
        group.serve(FarOp.ERRGROUP_WAIT, None, waiter)
        assert [str(error) for error in waiter.woken] == ["ValueError: here"]

    shell.run(main)
    assert [str(arg) for _, op, arg in far.told if op is FarOp.ERRGROUP_LEAVE] == ["ValueError: there"]


@pytest.mark.parametrize("make", [lambda: ValueError("x", 1), lambda: OSError(2, "gone", "f"), lambda: None])
def test_errors_that_pickle_can_make_anew_stay_what_they_are(make: Callable[[], Exception | None]) -> None:
    error = make()
    assert portable(error) is error


def test_others_become_their_text() -> None:
    error = ParticularError("home", 1)
    assert str(portable(error)) == str(in_words(error)) == "ParticularError: 1 at home"
