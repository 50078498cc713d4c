"""`select` among channels of one M: which case, who goes on, what is left behind."""

import gc
import warnings
from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from cluster.kernel.chan import Chan
from cluster.kernel.nilchan import nil
from cluster.kernel.sched import go, gosched, here, sleep
from cluster.kernel.select import Default, Selected, default, select
from cluster.model.errors import BadCaseError, ClusterError, NotInGoroutineError, SendOnClosedError
from cluster.wire.pickling import NoObjects, Pickling
from tests.fakes import AsleepError, FakeShell, run


def parked_for(main: Callable[[], object]) -> str:
    """Why main is parked when nothing is left to run."""
    shell = FakeShell()
    with pytest.raises(AsleepError):
        shell.run(main)
    reason = shell.program.gs[1].wait_reason
    assert reason is not None
    return reason.text


def seeded(seed: int) -> None:
    """Let this kernel choose as it did the last time."""
    here("a test").rng = Random(seed)


# What each case gives.


def test_a_ready_case_is_done_and_no_other_goroutine_runs() -> None:
    async def main() -> list[object]:
        full, free, idle, closed = Chan[str](1), Chan[int](1), Chan[int](), Chan[int](zero=-1)
        await full.send("value")
        closed.close()
        go(log.append, "somebody ran")
        return [
            await select(idle.recv(), full.recv()),
            await select(idle.recv(), idle.send(1), free.send(2)),
            await select(idle.recv(), closed.recv_ok()),
            await select(idle.recv(), default),
            (len(full), len(free)),
            list(log),
        ]

    log = list[str]()
    assert run(main) == [(1, "value", True), (2, None, True), (1, -1, False), (1, None, False), (0, 1), []]


def test_the_result_has_names() -> None:
    async def main() -> Selected:
        return await select(default, Chan[int]().recv())

    chosen = run(main)
    assert isinstance(chosen, Selected)
    assert (chosen.index, chosen.value, chosen.ok) == (0, None, False)


def test_a_case_meets_the_partner_that_waits_and_goes_on_at_once() -> None:
    async def main() -> list[object]:
        a, b, log = Chan[int](), Chan[int](), list[object]()

        async def sender() -> None:
            await a.send(7)
            log.append("sender goes on")

        async def receiver() -> None:
            log.append(await b.recv())

        go(sender)
        go(receiver)
        await gosched()
        log.append(await select(a.recv(), nil.recv()))
        log.append(await select(nil.recv(), b.send(8)))
        await gosched()
        return log

    assert run(main) == [(0, 7, True), (1, None, True), 8, "sender goes on"]


def test_a_parked_select_is_completed_by_whoever_comes_to_one_of_its_channels() -> None:
    async def main() -> list[object]:
        a, b, c, out = Chan[int](), Chan[int](), Chan[int](zero=0), Chan[object]()

        async def chooses() -> None:
            while True:
                await out.send(await select(a.recv(), b.send(5), c.recv()))

        go(chooses)
        await gosched()
        await a.send(1)
        got: list[object] = [await out.recv()]
        await gosched()
        got += [await b.recv(), await out.recv()]
        await gosched()
        c.close()
        return [*got, await out.recv()]

    assert run(main) == [(0, 1, True), 5, (1, None, True), (2, 0, False)]


def test_a_full_buffer_takes_the_value_of_a_select_that_waits_to_send() -> None:
    async def main() -> list[object]:
        c, out = Chan[int](1), Chan[object](1)
        await c.send(0)

        async def chooses() -> None:
            await out.send(await select(nil.recv(), c.send(1)))

        go(chooses)
        await gosched()
        return [await c.recv(), len(c), await out.recv(), await c.recv()]

    assert run(main) == [0, 1, (1, None, True), 1]


def test_none_is_a_value() -> None:
    async def main() -> Selected:
        c = Chan[None](1)
        await select(c.send(None), default)
        return await select(c.recv(), default)

    assert run(main) == (0, None, True)


# Short forms.


def test_no_cases_park_for_ever() -> None:
    async def main() -> None:
        await select()

    assert parked_for(main) == "select (no cases)"


@pytest.mark.parametrize(
    ("operations", "reason"),
    [
        (lambda: [Chan[int]().recv()], "chan receive"),
        (lambda: [Chan[int]().recv_ok()], "chan receive"),
        (lambda: [Chan[int]().send(1)], "chan send"),
        (lambda: [nil.recv()], "chan receive (nil chan)"),
        (lambda: [nil.send(1)], "chan send (nil chan)"),
        (lambda: [Chan[int]().recv(), Chan[int]().send(1)], "select"),
        (lambda: [nil.recv(), Chan[int]().recv()], "select"),
        (lambda: [nil.recv(), nil.send(1)], "select"),
    ],
)
def test_one_case_is_the_plain_operation_and_more_are_a_select(
    operations: Callable[[], list[object]], reason: str
) -> None:
    async def main() -> None:
        await select(*operations())

    assert parked_for(main) == reason


def test_one_case_gives_what_every_select_gives() -> None:
    async def main() -> list[object]:
        c = Chan[int](1, zero=9)
        sent = await select(c.send(4))
        got = await select(c.recv())
        c.close()
        return [sent, got, await select(c.recv())]

    assert run(main) == [(0, None, True), (0, 4, True), (0, 9, False)]


def test_the_default_case_is_taken_only_when_nothing_is_ready_wherever_it_stands() -> None:
    async def main() -> list[object]:
        c = Chan[int](1)
        nothing = [
            await select(default),
            await select(default, c.recv(), nil.recv()),
            await select(nil.send(1), default, c.recv()),
            await select(nil.send(1), default),
        ]
        await c.send(1)
        return [*nothing, await select(default, c.recv())]

    assert run(main) == [(0, None, False), (0, None, False), (1, None, False), (1, None, False), (1, 1, True)]


# Closed channels.


def test_a_send_on_a_closed_channel_panics_even_beside_a_default() -> None:
    async def main() -> int:
        c, panics = Chan[int](1), 0
        c.close()
        for others in ([], [default], [nil.recv()]):
            with pytest.raises(SendOnClosedError):
                await select(c.send(1), *others)
            panics += 1
        return panics

    assert run(main) == 3


def test_a_send_on_a_closed_channel_panics_only_if_it_is_polled_before_another_that_is_ready() -> None:
    async def main() -> Counter[str]:
        seeded(1)
        closed, outcomes = Chan[int](), Counter[str]()
        closed.close()
        for _ in range(1000):
            ready = Chan[int](1)
            await ready.send(1)
            try:
                outcomes[str((await select(closed.send(1), ready.recv())).index)] += 1
            except SendOnClosedError:
                outcomes["panic"] += 1
        return outcomes

    outcomes = run(main)
    assert isinstance(outcomes, Counter)
    assert outcomes.keys() == {"1", "panic"} and 400 < outcomes["panic"] < 600


def test_closing_wakes_a_parked_select_once_whatever_it_does_there() -> None:
    async def main() -> list[object]:
        log = list[object]()

        async def chooses(*cases: object) -> None:
            try:
                log.append(await select(*cases))
            except SendOnClosedError as error:
                log.append(str(error))

        c, d = Chan[int](), Chan[int]()
        go(chooses, nil.recv(), c.recv(), c.recv(), d.send(1))
        await gosched()
        c.close()
        d.close()
        await gosched()
        e, f = Chan[int](), Chan[int]()
        go(chooses, e.send(1), f.recv())
        await gosched()
        e.close()
        f.close()
        await gosched()
        return log

    log = run(main)
    assert isinstance(log, list)
    assert log in ([(1, None, False), "send on closed channel"], [(2, None, False), "send on closed channel"])


def test_closing_readies_selects_and_plain_receivers_newest_first() -> None:
    async def main() -> list[int]:
        c, order = Chan[int](), list[int]()

        async def waits(i: int) -> None:
            await (select(nil.recv(), c.recv()) if i % 2 else c.recv())
            order.append(i)

        for i in range(4):
            go(waits, i)
            await gosched()
        c.close()
        for _ in range(4):
            await gosched()
        return order

    assert run(main) == [0, 3, 2, 1]  # the oldest is readied last, and so is runnext


# Queues.


def test_a_select_has_its_place_in_line_at_each_channel() -> None:
    async def main() -> list[str]:
        a, b, order = Chan[int](), Chan[int](), list[str]()

        async def plain(name: str, c: Chan[int]) -> None:
            await c.recv()
            order.append(name)

        async def chooses(name: str) -> None:
            await select(a.recv(), b.recv())
            order.append(name)

        for starts in ((plain, "a1", a), (chooses, "s1"), (plain, "b1", b), (chooses, "s2"), (plain, "a2", a)):
            go(*starts)
            await gosched()
        for c in (a, a, b, b, a):
            await c.send(0)
            await gosched()
        return order

    assert run(main) == ["a1", "s1", "b1", "s2", "a2"]


def test_a_select_that_is_last_in_a_queue_leaves_it_as_it_was() -> None:
    """Go's test/chan/select6.go."""

    async def main() -> list[object]:
        c1, c2, c3, c4 = Chan[bool](), Chan[bool](), Chan[bool](), Chan[bool]()
        go(c1.recv)

        async def chooses() -> None:
            await select(c1.recv(), c2.recv())
            await c3.send(True)

        go(chooses)
        await gosched()
        go(c2.recv)
        await gosched()
        await c2.send(True)
        await c3.recv()

        async def sends() -> None:
            await c1.send(True)
            await c1.send(True)

        go(sends)
        go(c4.send, True)
        return [await c1.recv(), await c4.recv()]

    assert run(main) == [True, True]


def test_the_same_channel_may_stand_in_a_select_twice() -> None:
    async def main() -> list[object]:
        c, out = Chan[int](), Chan[object](9)

        async def chooses() -> None:
            for _ in range(2):
                await out.send(await select(c.recv(), c.recv()))

        go(chooses)
        await gosched()
        await c.send(1)
        await gosched()
        await c.send(2)
        first, second = await out.recv(), await out.recv()
        assert await select(c.send(3), default) == (1, None, False)  # nobody waits there any more
        return [first, second]

    got = run(main)
    assert isinstance(got, list)
    assert [(value, ok) for _, value, ok in got] == [(1, True), (2, True)]


def test_a_select_that_sends_and_receives_on_one_channel_does_not_meet_itself() -> None:
    async def main() -> None:
        c = Chan[int]()
        assert (await select(c.send(1), c.recv(), default)).index == 2
        await select(c.send(1), c.recv())

    assert parked_for(main) == "select"


# Operations.


def bad(make: Callable[[], list[object]]) -> str:
    """What is said of bad cases; the good ones among them must not be reported by Python."""

    async def main() -> str:
        with pytest.raises(BadCaseError) as caught:
            await select(*make())
        gc.collect()
        return str(caught.value)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        text = run(main)
    assert [str(warning.message) for warning in caught] == []
    assert isinstance(text, str)
    return text


def test_what_is_no_operation_is_refused_and_the_error_says_what_to_do() -> None:
    def fine() -> object:
        return Chan[int](1).send(1)

    assert bad(lambda: [fine(), Chan[int]()]) == (
        "case 1 of select is of type Chan, which is no channel operation: pass ch.recv() or ch.send(value)"
    )
    assert "type method, which is no channel operation: pass ch.recv()" in bad(lambda: [Chan[int]().recv, fine()])
    assert "case 0 of select is of type NoneType" in bad(lambda: [None, default])
    assert bad(lambda: [fine(), sleep(1)]) == (
        "case 1 of select is the coroutine 'sleep', which is no channel operation: a case is ch.recv(), ch.recv_ok(), "
        "ch.send(value) or default; for a timeout receive from after(seconds)"
    )
    assert "second default" in bad(lambda: [default, fine(), default])
    assert "type Default" not in bad(lambda: [default, 1])


def test_an_operation_can_be_used_once() -> None:
    async def main() -> list[str]:
        c, said = Chan[int](9), list[str]()
        awaited, chosen, lost, begun = c.send(1), c.send(2), nil.recv(), Chan[int]().recv()
        await awaited
        await select(chosen, lost)
        begun.send(None)
        for operation in (awaited, chosen, lost, begun):
            with pytest.raises(BadCaseError) as caught:
                await select(default, operation)
            said.append(str(caught.value))
        with pytest.raises(RuntimeError, match="cannot reuse already awaited"):
            await chosen
        twice = c.recv()
        with pytest.raises(BadCaseError):
            await select(twice, twice)
        begun.close()
        assert len(c) == 2, "nothing was done"
        return said

    said = run(main)
    assert isinstance(said, list)
    used = "that was used before: an operation can be used once; make a new one"
    assert said == [f"case 1 of select is a {name} {used}" for name in ("send", "send", "recv", "recv")]


def test_every_operand_is_evaluated_and_every_operation_counts_as_used() -> None:
    async def main() -> Selected:
        return await select(*[Chan[int]().recv() for _ in range(9)], nil.send(1), Chan[int]().send(1), default)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run(main) == (11, None, False)
        gc.collect()


def test_an_operation_that_nobody_awaits_is_reported_by_python() -> None:
    async def main() -> None:
        Chan[int]().recv()
        gc.collect()

    with pytest.warns(RuntimeWarning, match="recv' was never awaited"):
        run(main)


def test_select_needs_a_goroutine() -> None:
    with pytest.raises(NotInGoroutineError) as caught:
        select(default).send(None)
    assert isinstance(caught.value, ClusterError)


def test_there_is_one_default_whatever_is_done_to_it() -> None:
    pickling = Pickling(__name__, NoObjects())
    assert pickling.loads(pickling.dumps(default)) is default
    assert isinstance(default, Default) and repr(default) == "default"


# Chance.


@pytest.mark.parametrize("cases", [2, 3, 5])
def test_the_choice_among_ready_cases_is_uniform(cases: int) -> None:
    """TestSelectFairness of Go's runtime/chan_test.go, with as many cases as you like."""
    trials = 20_000

    async def main() -> Counter[int]:
        seeded(3)
        channels = [Chan[int](1) for _ in range(cases)]
        for c in channels:
            c.close()
        return Counter([(await select(*[c.recv() for c in channels], nil.recv())).index for _ in range(trials)])

    counts = run(main)
    assert isinstance(counts, Counter)
    share, z = 1 / cases, 4.891676  # six nines, two-sided
    error = z * (share * (1 - share) / trials) ** 0.5
    assert all(abs(counts[case] / trials - share) < error for case in range(cases)), counts


def test_two_sends_on_one_channel_are_mixed() -> None:
    """TestPseudoRandomSend of Go's runtime/chan_test.go."""

    async def main() -> Counter[int]:
        seeded(4)
        c, got = Chan[int](100), Counter[int]()
        for _ in range(100):
            await select(c.send(0), c.send(1))
        for _ in range(100):
            got[await c.recv()] += 1
        return got

    got = run(main)
    assert isinstance(got, Counter)
    assert min(got[0], got[1]) > 30


def test_the_same_seed_makes_the_same_choices() -> None:
    async def main() -> list[int]:
        seeded(5)
        c = Chan[int]()
        c.close()
        return [(await select(c.recv(), c.recv(), c.recv())).index for _ in range(50)]

    assert run(main) == run(main)
