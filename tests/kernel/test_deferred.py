"""Who runs deferred calls of a panic, and main's patience with it. The orders are in tests/golang/ending."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from cluster.kernel.chan import Chan
from cluster.kernel.deferred import finally_lines, runs_deferred_calls
from cluster.kernel.goexit import goexit
from cluster.kernel.sched import go, gosched
from cluster.model.errors import Panic
from tests.fakes import FakeShell


async def in_finally(c: Chan[None]) -> None:
    try:
        raise Panic("boom")
    finally:
        await c.recv()


async def in_with(c: Chan[None]) -> None:
    class Context:
        async def __aenter__(self) -> None:
            return None

        async def __aexit__(self, *_: object) -> None:
            await c.recv()

    async with Context():
        raise Panic("boom")


async def in_finally_of_a_caller(c: Chan[None]) -> None:
    with suppress(Panic):
        await in_finally(c)


async def in_finally_of_a_goexit(c: Chan[None]) -> None:
    try:
        goexit()
    finally:
        await c.recv()


async def in_try(c: Chan[None]) -> None:
    try:
        await c.recv()
    finally:
        await c.recv()


async def in_finally_without_a_panic(c: Chan[None]) -> None:
    try:
        pass
    finally:
        await c.recv()


async def in_except(c: Chan[None]) -> None:
    try:
        raise Panic("boom")
    except ValueError:
        pass
    except Panic:
        await c.recv()


async def in_bare_except(c: Chan[None]) -> None:
    try:
        raise Panic("boom")
    except:  # noqa: E722  # it is what is tested
        await c.recv()


async def after_except(c: Chan[None]) -> None:
    try:
        raise Panic("boom")
    except Panic:
        pass
    await c.recv()


@pytest.mark.parametrize(
    ("fn", "runs"),
    [
        (in_finally, True), (in_with, True), (in_finally_of_a_caller, True), (in_try, False),
        (in_finally_without_a_panic, False), (in_except, True), (in_bare_except, True), (after_except, False),
        (in_finally_of_a_goexit, False),
    ],
)  # fmt: skip
def test_deferred_calls_of_a_panic_are_told_from_all_else(fn: Callable[[Chan[None]], object], runs: bool) -> None:
    shell = FakeShell()
    seen = list[bool]()

    async def main() -> None:
        go(fn, Chan[None]())
        go(print)  # has not begun
        await gosched()
        seen.extend(runs_deferred_calls(g) for g in shell.program.gs.values())

    shell.run(main)
    assert seen == [False, runs]


def test_main_returns_its_value_after_its_patience() -> None:
    shell = FakeShell()

    async def main() -> str:
        go(in_finally, Chan[None]())
        await gosched()
        return "value"

    assert shell.run(main) == "value"


def test_lines_of_finally_blocks_are_those_compiled_twice() -> None:
    first = in_try.__code__.co_firstlineno
    assert finally_lines(in_try.__code__) == {first + 4}
