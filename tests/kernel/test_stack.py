"""Stacks that grow: how deep calls go, what they cost by account, and how exceptions and dumps see them."""

from traceback import extract_tb

import pytest

from cluster.kernel.dump import describe, panic_text
from cluster.kernel.events import Panicked
from cluster.kernel.goexit import goexit
from cluster.kernel.runtime import panic, stack
from cluster.kernel.sched import go, goid, gosched, here
from cluster.kernel.stack import COLLECT_EVERY, Stack, call, set_max_stack
from cluster.model.errors import FatalError, NotInGoroutineError, Panic
from cluster.model.limits import STACK_MIN
from tests.fakes import FakeShell, park_for_ever, run


async def depth(n: int) -> int:
    return 0 if n == 0 else 1 + await call(depth, n - 1)


@pytest.mark.timeout(300)  # four seconds, where nothing else runs
def test_a_recursion_may_be_a_million_deep() -> None:
    assert run(depth, 1_000_000) == 1_000_000


def my_stack() -> Stack | None:
    g = here("my_stack").cur
    assert g is not None
    return g.program.stacks.get(g.goid)  # type: ignore[return-value]  # a Stack is all that has frames


def test_recursion_is_deeper_than_pythons() -> None:
    async def main() -> int:
        return await call(depth, 30_000)

    assert run(main) == 30_000


def test_calls_may_be_mixed_with_plain_awaits_and_plain_functions() -> None:
    async def through(n: int) -> int:
        return await call(depth, n)

    async def main() -> list[object]:
        return [await through(3), await call(through, 3), await call(max, 4, 5), await call(dict, a=1)]

    assert run(main) == [3, 3, 5, {"a": 1}]


def test_goroutines_in_calls_take_turns() -> None:
    log: list[object] = []

    async def walk(n: int) -> None:
        log.append((goid(), n))
        await gosched()
        if n:
            await call(walk, n - 1)

    async def main() -> None:
        go(lambda: call(walk, 2))
        go(lambda: call(walk, 2))
        for _ in range(8):
            await gosched()

    run(main)
    assert log == [(3, 2), (2, 2), (3, 1), (2, 1), (3, 0), (2, 0)]


def test_an_exception_goes_from_frame_to_frame_as_it_is_written() -> None:
    log: list[object] = []

    async def fails(n: int) -> None:
        try:
            if n == 0:
                panic("deep")
            await call(fails, n - 1)
        finally:
            await gosched()
            log.append(n)

    async def main() -> list[str]:
        try:
            await call(fails, 3)
        except Panic as error:
            return [frame.name for frame in extract_tb(error.__traceback__)]
        return []

    names = run(main)
    assert isinstance(names, list)
    assert log == [0, 1, 2, 3]
    assert [name for name in names if not name.startswith("_")] == ["main", "fails", "fails", "fails", "fails", "panic"]
    assert names.count("_call") == 1  # none between two frames


def test_a_panic_may_be_recovered_on_the_way() -> None:
    async def recovers(n: int) -> str:
        try:
            return await call(recovers, n - 1) if n else panic("deep")
        except Panic as error:
            if n == 2:
                return f"{error} at {n}"
            raise

    async def main() -> str:
        return await call(recovers, 5)

    assert run(main) == "deep at 2"


def test_goexit_unwinds_a_deep_stack_though_a_panic_was_recovered() -> None:
    log: list[object] = []

    async def exits(n: int) -> None:
        try:
            if n == 0:
                try:
                    goexit()
                finally:
                    panic("in its place")
            await call(exits, n - 1)
            log.append("not reached")
        except Panic:
            log.append(f"recovered at {n}")
        finally:
            log.append(n)

    async def main() -> None:
        go(lambda: call(exits, 2))
        await gosched()

    run(main)
    assert log == ["recovered at 0", 0, 1, 2]


def test_a_stack_is_doubled_when_it_is_full_and_halved_at_a_collection() -> None:
    sizes: list[int] = []

    async def down(n: int) -> None:
        if n:
            await call(down, n - 1)
        else:
            stack = my_stack()
            assert stack is not None
            sizes.append(stack.size)
            assert stack.size / 2 < stack.used <= stack.size

    async def nothing() -> None:
        pass

    async def again(times: int) -> None:
        await call(down, 200)
        for _ in range(times):
            await call(nothing)
        stack = my_stack()
        assert stack is not None
        sizes.append(stack.size)

    shell = FakeShell()

    async def main() -> None:
        await call(again, 20 * COLLECT_EVERY)
        assert my_stack() is None

    shell.run(main)
    assert sizes[0] >= 16 * STACK_MIN and sizes[0] & (sizes[0] - 1) == 0
    assert sizes[1] == STACK_MIN
    kinds = [kind for kind, _, _, _ in shell.program.untold]
    assert kinds == sorted(kinds) and set(kinds) == {"StackGrow", "StackShrink"}
    changes = [tuple(map(int, change.split(" to "))) for _, _, change, _ in shell.program.untold]
    assert changes[0] == (2048, 4096) and changes[-1] == (4096, 2048)
    assert all({a, b} == {min(a, b), 2 * min(a, b)} for a, b in changes), "a change that changes nothing"


def test_the_limit_is_on_the_new_size_and_overflow_ends_the_program_inside_the_call() -> None:
    shell, log, sizes = FakeShell(), list[object](), list[int]()

    async def endless() -> None:
        stack = my_stack()
        assert stack is not None
        sizes.append(stack.size)
        try:
            await call(endless)
        finally:
            log.append("finally")

    async def main() -> None:
        log.append(set_max_stack(100_000))
        log.append(set_max_stack(100_000))
        await call(endless)

    shell.start(main)
    shell.run_until_idle()
    (event,) = shell.sched.events
    assert isinstance(event, Panicked) and isinstance(event.error, FatalError)
    assert str(event.error) == "stack overflow"
    first, second, end = event.error.before.split("\n")
    assert first == "runtime: goroutine stack exceeds 100000-byte limit"
    assert second.startswith("runtime: sp=0x") and end == ""
    assert log == [1_000_000_000, 100_000] and max(sizes) == 65536
    lines = event.where.splitlines()
    assert lines[0] == "goroutine 1 [running]:"
    assert sum("endless(...)" in line for line in lines) == 100 and "...additional frames elided..." in lines


def test_a_dump_shows_the_frames_of_calls_innermost_first_and_what_they_use() -> None:
    shell = FakeShell()

    async def main() -> str:
        texts: list[str] = []

        async def innermost() -> None:
            texts.append(await stack())
            await park_for_ever()

        async def level() -> None:
            await call(innermost)

        go(lambda: call(level))
        await gosched()
        g = shell.program.gs[2]
        return texts[0] + describe(g, None)

    text = shell.run(main)
    assert isinstance(text, str)
    running, parked = text.split("goroutine 2 [chan receive]:\n")
    assert running.startswith("goroutine 2 [running]:\n")
    names = [line.split("<locals>.")[-1] for line in running.splitlines() if line.endswith("(...)")]
    assert names == ["innermost(...)", "level(...)"]
    assert "runtime: stack=2048 used=" in running and parked.splitlines()[0].endswith("park_for_ever(...)")


def test_a_deep_panic_is_printed_from_its_end() -> None:
    async def fails(n: int) -> None:
        if n == 0:
            panic("deep")
        await call(fails, n - 1)

    async def main() -> None:
        await call(fails, 5000)

    shell = FakeShell()
    g = shell.start(main)
    with pytest.raises(Panic) as caught:
        shell.finish()
    text = panic_text(caught.value, g)
    assert "...additional frames elided..." in text and len(text.splitlines()) < 250


def test_call_needs_a_goroutine() -> None:
    coroutine = call(depth, 1)
    with pytest.raises(NotInGoroutineError, match="call was called outside of a goroutine"):
        coroutine.send(None)
