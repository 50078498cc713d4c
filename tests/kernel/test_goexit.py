"""goexit: `finally` blocks run, no panic, and no recovered panic cancels it. As Go's TestGoexit… in crash_test.go."""

import sys
from contextlib import contextmanager

import pytest

from cluster.kernel.goexit import goexit
from cluster.kernel.runtime import panic
from cluster.kernel.sched import go, gosched
from cluster.model.errors import NotInGoroutineError, Panic
from tests.fakes import AsleepError, FakeShell, run


def exits(goroutine: object) -> list[object]:
    """What a goroutine writes that is called with a function that writes; and that the program goes on."""
    log: list[object] = []

    async def main() -> None:
        go(goroutine, log.append)  # type: ignore[arg-type]
        for _ in range(9):
            await gosched()
        log.append("main goes on")

    run(main)
    assert log.pop() == "main goes on" and sys.gettrace() is before
    return log


before = sys.gettrace()


def test_goexit_runs_finally_blocks_innermost_first() -> None:
    async def goroutine(log: object) -> None:
        def inner() -> None:
            try:
                goexit()
            except Exception:  # noqa: BLE001  # as a user's recover
                log("except")  # type: ignore[operator]
            finally:
                log("inner")  # type: ignore[operator]

        try:
            inner()
        finally:
            await gosched()
            log("outer")  # type: ignore[operator]

    assert exits(goroutine) == ["inner", "outer"]


def test_goexit_ends_a_plain_function() -> None:
    def goroutine(log: object) -> None:
        log("begun")  # type: ignore[operator]
        goexit()

    assert exits(goroutine) == ["begun"]


def test_a_panic_recovered_in_a_deferred_call_does_not_cancel_it() -> None:
    async def goroutine(log):  # type: ignore[no-untyped-def]
        try:
            goexit()
        finally:
            for i in range(2):
                try:
                    panic(i)
                except Panic as recovered:
                    log(recovered.value)
            log("deferred")
        log("not reached")

    assert exits(goroutine) == [0, 1, "deferred"]


def test_a_panic_that_takes_its_place_and_is_recovered_does_not_cancel_it() -> None:
    async def goroutine(log):  # type: ignore[no-untyped-def]
        def recovers() -> None:
            try:
                try:
                    goexit()
                finally:
                    panic(1)
            except Panic as recovered:
                log(recovered.value)

        try:
            recovers()
            log("not reached")
        finally:
            log("finally")
            await gosched()
            log("after a switch")
        log("not reached")

    assert exits(goroutine) == [1, "finally", "after a switch"]


def test_the_finally_block_of_a_try_that_recovered_runs_and_what_follows_does_not() -> None:
    async def goroutine(log):  # type: ignore[no-untyped-def]
        try:
            try:
                goexit()
            finally:
                panic("in its place")
        except Panic:
            log("recovered")
        finally:
            log("finally")
            await gosched()
            log("finally goes on")
        await gosched()
        log("not reached")

    assert exits(goroutine) == ["recovered", "finally", "finally goes on"]


def test_goexit_passes_through_with_blocks() -> None:
    @contextmanager
    def block(log):  # type: ignore[no-untyped-def]
        try:
            yield
        finally:
            log("left")

    async def goroutine(log):  # type: ignore[no-untyped-def]
        with block(log), block(log):
            goexit()

    assert exits(goroutine) == ["left", "left"]


def test_other_goroutines_run_on_while_one_exits_and_two_may_exit_at_once() -> None:
    async def goroutine(log):  # type: ignore[no-untyped-def]
        go(child, log)
        try:
            goexit()
        finally:
            for i in range(3):
                await gosched()
                log(f"exiting {i}")

    async def child(log):  # type: ignore[no-untyped-def]
        for i in range(2):
            await gosched()
            log(f"child {i}")
        goexit()

    assert exits(goroutine) == ["exiting 0", "child 0", "exiting 1", "child 1", "exiting 2"]


def test_a_panic_after_goexit_that_nobody_recovers_is_a_panic() -> None:
    async def main() -> None:
        try:
            goexit()
        finally:
            panic("after")

    with pytest.raises(Panic, match="after"):
        run(main)


def test_main_may_exit_and_the_others_go_on_until_nothing_is_left() -> None:
    log: list[object] = []

    async def other() -> None:
        await gosched()
        log.append("other")

    async def main() -> None:
        go(other)
        goexit()

    shell = FakeShell()
    with pytest.raises(AsleepError):
        shell.run(main)
    assert log == ["other"] and shell.program.gs == {} and shell.sched.events == []


def test_goexit_needs_a_goroutine() -> None:
    with pytest.raises(NotInGoroutineError, match="goexit was called outside of a goroutine"):
        goexit()
