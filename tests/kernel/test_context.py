"""Go's package context. The words that programs say are those of the same programs under Go 1.19."""

import pickle
from collections.abc import Callable

import pytest

from cluster.kernel.chan import Chan
from cluster.kernel.context import CancelContext as Cancelling
from cluster.kernel.context import (
    Context,
    background,
    todo,
    with_cancel,
    with_deadline,
    with_timeout,
    with_value,
)
from cluster.kernel.far import FarOp
from cluster.kernel.nilchan import nil
from cluster.kernel.sched import go, gosched, sleep
from cluster.model.clock import SECOND
from cluster.model.errors import Canceled, ClusterError, DeadlineExceeded, NotInGoroutineError, Panic
from cluster.model.ids import MId, ObjId, ProgramId
from tests.fakes import AsleepError, FakeFar, FakeShell, Loopback, StandIn, run
from tests.kernel.talk import Talk, said

AWAY = ObjId(MId(7), 3)


def ok(test: Callable[[], object]) -> None:
    run(test)


def test_the_roots_are_never_over_and_empty() -> None:
    for root in (background(), todo()):
        assert root.done() is nil
        assert (root.err(), root.value("k"), root.deadline()) == (None, None, None)
        assert pickle.loads(pickle.dumps(root)) is root
    assert (repr(background()), repr(todo())) == ("context.Background", "context.TODO")


def test_cancelling_is_complete_when_cancel_returns_and_can_be_repeated() -> None:
    async def main() -> None:
        ctx, cancel = with_cancel(background())
        assert ctx.err() is None
        cancel()
        assert ctx.err() is Canceled
        assert await ctx.done().recv_ok() == (None, False)
        cancel()
        assert ctx.done() is ctx.done()

    ok(main)


def test_a_cancelled_context_readies_who_waits_and_lets_the_caller_go_on() -> None:
    async def program(t: Talk) -> None:
        ctx, cancel = with_cancel(background())

        async def waiter(i: int) -> None:
            await ctx.done().recv()
            t.say(i, " ", ctx.err())

        await t.parked(3, waiter)
        cancel()
        t.say("main")
        await t.wait(3)

    assert said(program) == "main 0 context canceled 2 context canceled 1 context canceled"


def test_children_end_with_their_parent_and_not_the_other_way_round() -> None:
    async def main() -> None:
        parent, cancel_parent = with_cancel(background())
        value = with_value(parent, "k", 1)
        first, cancel_first = with_cancel(value)
        second, _ = with_timeout(first, 100)
        other, _ = with_cancel(parent)
        cancel_first()
        assert (parent.err(), first.err(), second.err(), other.err()) == (None, Canceled, Canceled, None)
        cancel_parent()
        assert other.err() is value.err() is Canceled
        for ctx in (first, second, other, value):
            assert await ctx.done().recv() is None

    ok(main)


def test_a_child_of_what_is_over_is_born_over() -> None:
    async def main() -> None:
        parent, cancel = with_cancel(background())
        cancel()
        child, _ = with_timeout(parent, 10)
        assert child.err() is Canceled and await child.done().recv() is None
        ctx, _ = with_timeout(background(), 0)
        assert ctx.err() is DeadlineExceeded
        child, _ = with_cancel(ctx)
        assert child.err() is DeadlineExceeded

    ok(main)


def test_ten_thousand_generations_are_no_recursion() -> None:
    async def main() -> None:
        ctx, cancel = with_cancel(background())
        for _ in range(10_000):
            ctx, _ = with_cancel(ctx)
        cancel()
        assert ctx.err() is Canceled

    ok(main)


def test_who_is_over_leaves_its_parent() -> None:
    async def main() -> None:
        parent, _ = with_cancel(background())
        assert isinstance(parent, Cancelling)
        for _ in range(3):
            _, cancel = with_cancel(with_value(parent, "k", 1))
            cancel()
        assert not parent._children

    ok(main)


# Deadlines.


def test_a_timeout_ends_the_context_at_its_instant() -> None:
    shell = FakeShell()

    async def main() -> list[object]:
        ctx, _ = with_timeout(background(), 2)
        seen = [ctx.deadline(), ctx.err()]
        await sleep(1.999)
        seen.append(ctx.err())
        await ctx.done().recv()
        return [*seen, ctx.err(), shell.clock.unix_s()]

    assert shell.run(main) == [3.0, None, None, DeadlineExceeded, 3.0]


def test_a_deadline_is_an_instant_of_the_wall() -> None:
    shell = FakeShell()

    async def main() -> list[object]:
        past, _ = with_deadline(background(), 0.5)
        ctx, _ = with_deadline(background(), shell.clock.unix_s() + 1)
        await ctx.done().recv()
        return [past.err(), ctx.err(), shell.clock.unix_s()]

    assert shell.run(main) == [DeadlineExceeded, DeadlineExceeded, 2.0]


def test_the_earlier_deadline_of_a_parent_stays() -> None:
    async def main() -> None:
        parent, _ = with_timeout(background(), 1)
        later, _ = with_timeout(with_value(parent, "k", 1), 5)
        sooner, _ = with_timeout(parent, 0.5)
        assert (parent.deadline(), later.deadline(), sooner.deadline()) == (2.0, 2.0, 1.5)
        await later.done().recv()
        assert later.err() is sooner.err() is DeadlineExceeded

    ok(main)


def test_cancelling_before_the_deadline_stops_its_timer() -> None:
    shell = FakeShell()

    async def main() -> None:
        ctx, cancel = with_timeout(background(), 1)
        cancel()
        assert ctx.err() is Canceled and shell.sched.timers.next() is None
        await nil.recv()

    with pytest.raises(AsleepError):
        shell.run(main)


def test_the_goroutine_that_ends_it_stays_on_its_m() -> None:
    shell = FakeShell()

    async def main() -> None:
        with_timeout(background(), 1)
        go(sleep, 5)
        await gosched()
        shell.clock.advance(SECOND)
        shell.sched.timers.fire(shell.clock.now(), shell.sched.ready)
        (ending,) = [g for g in shell.program.gs.values() if g.pinned]
        assert ending.creator is not None and "time.goFunc" in str(ending.creator)

    shell.run(main)


# Values, misuse, texts.


def test_values_are_found_by_equal_keys_of_the_same_type_nearest_first() -> None:
    async def main() -> None:
        ctx = with_value(with_value(background(), "k", "far"), 1, "one")
        inner, _ = with_cancel(with_value(ctx, "k", "near"))
        assert [inner.value(k) for k in ("k", 1, 1.0, True, "x")] == ["near", "one", None, None, None]
        assert ctx.value("k") == "far" and ctx.deadline() is None and ctx.err() is None and ctx.done() is nil

    ok(main)


def test_misuse_panics_in_gos_words() -> None:
    async def main() -> None:
        nobody: Context = None  # type: ignore[assignment]
        for make in (
            lambda: with_cancel(nobody),
            lambda: with_timeout(nobody, 1),
            lambda: with_deadline(nobody, 1),
            lambda: with_value(nobody, "k", 1),
        ):
            with pytest.raises(Panic, match=r"^cannot create context from nil parent$"):
                make()
        with pytest.raises(Panic, match=r"^nil key$"):
            with_value(background(), None, 1)
        with pytest.raises(Panic, match=r"^key is not comparable$"):
            with_value(background(), [], 1)

    ok(main)
    with pytest.raises(NotInGoroutineError):
        with_cancel(background())


class Name:
    def __str__(self) -> str:
        return "a name"


def test_contexts_show_how_they_were_made() -> None:
    async def main() -> list[str]:
        ctx, _ = with_cancel(background())
        timed, _ = with_timeout(ctx, 1.5)
        return [repr(c) for c in (ctx, with_value(todo(), Name(), "ann"), with_value(ctx, "k", Name()), timed)] + [
            repr(with_value(ctx, 1, 2))
        ]

    assert run(main) == [
        "context.Background.WithCancel",
        "context.TODO.WithValue(type tests.kernel.test_context.Name, val ann)",
        "context.Background.WithCancel.WithValue(type builtins.str, val a name)",
        "context.Background.WithCancel.WithDeadline(2.500 [1.5s])",
        "context.Background.WithCancel.WithValue(type builtins.int, val <not Stringer>)",
    ]


@pytest.mark.parametrize(
    ("err", "text"), [(Canceled, "context canceled"), (DeadlineExceeded, "context deadline exceeded")]
)
def test_the_errors_are_values_and_exceptions(err: type[ClusterError], text: str) -> None:
    assert str(err) == f"{err}" == text and isinstance(err, err) and not isinstance(ValueError(), err)
    with pytest.raises(err, match=f"^{text}$") as caught:
        raise err
    assert isinstance(caught.value, err) and isinstance(caught.value, ClusterError)
    assert pickle.loads(pickle.dumps(err)) is err


def test_a_parent_of_the_programs_own_class_is_followed_by_a_goroutine() -> None:
    class Parent:
        over = False

        def __init__(self) -> None:
            self.c = Chan[None]()

        def done(self) -> Chan[None]:
            return self.c

        def value(self, key: object) -> object:
            return key

        def deadline(self) -> float | None:
            return None

        def err(self) -> type[Canceled] | None:
            return Canceled if self.over else None

    async def main() -> None:
        parent = Parent()
        child, _ = with_cancel(parent)
        assert child.value("x") == "x" and child.err() is None
        await gosched()
        parent.over = True
        parent.c.close()
        await child.done().recv()
        assert child.err() is Canceled

    ok(main)


# Other Ms.


def test_a_handle_asks_once_to_be_told_and_tells_of_cancelling() -> None:
    far = FakeFar()
    shell = FakeShell(far=far)

    async def main() -> None:
        done = Chan[None]()
        ctx = Cancelling.handle(shell.sched, AWAY, ProgramId(1), background(), done, None, 5.0)
        assert far.posted == [(AWAY, FarOp.CONTEXT_WATCH, None, ctx)]
        assert (ctx.done(), ctx.err(), ctx.deadline(), ctx.value("k")) == (done, None, 5.0, None)
        child, _ = with_cancel(ctx)
        ctx.cancel()
        assert far.told == [(AWAY, FarOp.CONTEXT_CANCEL, Canceled)]
        assert ctx.err() is child.err() is Canceled and await child.done().recv() is None
        ctx.cancel()
        ctx.wake(DeadlineExceeded)
        assert ctx.err() is Canceled and len(far.told) == 1
        over = Cancelling.handle(shell.sched, AWAY, ProgramId(1), background(), done, DeadlineExceeded, None)
        assert over.err() is DeadlineExceeded and len(far.posted) == 1
        over.fail(ClusterError("its program is over"))
        assert over.prepare(1) == 1

    shell.run(main)


def test_other_ms_are_told_of_the_end_before_done_is_closed() -> None:
    async def main() -> None:
        ctx, _ = with_cancel(background())
        assert isinstance(ctx, Cancelling)
        log: list[str] = []

        class Told(StandIn):
            def wake(self, val: object) -> None:
                log.append(f"{'closed' if val is not Canceled else val}")

        ctx.done().serve(FarOp.CHAN_RECV, None, Told())
        ctx.serve(FarOp.CONTEXT_WATCH, None, Told())
        ctx.serve(FarOp.CONTEXT_CANCEL, Canceled, StandIn())
        assert log == ["context canceled", "closed"] and ctx.err() is Canceled
        late = StandIn()
        ctx.serve(FarOp.CONTEXT_WATCH, None, late)
        assert late.woken == [Canceled]
        with pytest.raises(AssertionError, match="a context was asked for CHAN_LEN"):
            ctx.serve(FarOp.CHAN_LEN, None, StandIn())
        with pytest.raises(AssertionError, match="a value of a context was asked for CHAN_LEN"):
            with_value(ctx, "k", 1).serve(FarOp.CHAN_LEN, None, StandIn())  # type: ignore[attr-defined]

    ok(main)


def test_the_end_reaches_children_on_other_ms_both_ways() -> None:
    far = Loopback()
    shell = FakeShell(far=far)

    async def main() -> None:
        parent, cancel_parent = with_timeout(background(), 10)
        there = far.handle(parent)
        child, _ = with_cancel(with_value(there, "k", 1))
        value = far.handle(with_value(child, "j", 2))
        back = far.handle(child)
        assert (value.value("j"), back.value("k"), back.deadline()) == (2, 1, 11.0)
        cancel_parent()
        for ctx in (there, child, back, value):
            assert ctx.err() is Canceled
            await ctx.done().recv()
        parent, _ = with_cancel(background())
        there = far.handle(parent)
        there.cancel()  # type: ignore[attr-defined]
        assert parent.err() is Canceled

    shell.run(main)
