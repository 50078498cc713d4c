"""panic and exit, which ends a program as a fatal error does; stack, wiring and system calls."""

from collections.abc import Callable

import pytest

from cluster.kernel.dump import describe
from cluster.kernel.events import Panicked
from cluster.kernel.g import G, status_of
from cluster.kernel.runtime import exit, exit_syscall, forget_p, lock_os_thread, panic, stack, syscall, unlock_os_thread
from cluster.kernel.sched import fatal, go, gosched
from cluster.model.errors import FatalError, NotInGoroutineError, Panic
from cluster.model.status import GStatus
from tests.fakes import FakeShell, names, new_gs, park_for_ever, run


def test_panic_raises_a_panic_with_its_value() -> None:
    with pytest.raises(Panic) as caught:
        panic(42)
    assert caught.value.value == 42


async def ends_with(call: object, log: list[str]) -> None:
    def inner() -> None:
        try:
            sorted([1, 2], key=call)  # type: ignore[call-overload]  # from inside of a C function, too
        except BaseException:  # noqa: BLE001  # it must see nothing
            log.append("except")
        finally:
            log.append("finally")

    try:
        inner()
    finally:
        log.append("outer finally")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda _: exit(3), SystemExit(3)),
        (lambda _: fatal("of mine"), FatalError("of mine")),
        (lambda _: go(None), FatalError("go of nil func value")),
    ],
)
def test_exit_and_fatal_errors_end_the_program_inside_the_call(call: object, error: BaseException) -> None:
    shell, log = FakeShell(), list[str]()

    async def other() -> None:
        log.append("other")

    async def main() -> None:
        go(other)
        await gosched()
        log.clear()
        go(other)
        await ends_with(call, log)

    shell.start(main)
    shell.run_until_idle()
    (event,) = shell.sched.events
    assert isinstance(event, Panicked)
    assert type(event.error) is type(error) and event.error.args == error.args
    assert log == []
    assert event.where.startswith("goroutine 1 [running]:\n") and "ends_with.<locals>.inner(...)" in event.where
    shell.sched.drop(shell.program)
    shell.run_until_idle()
    assert log == []


def test_the_kernel_runs_other_programs_after_one_has_left() -> None:
    shell = FakeShell()
    shell.start(lambda: exit(0))
    shell.run_until_idle()
    shell.sched.drop(shell.program)
    assert shell.run(lambda: "fine") == "fine"


def test_exit_takes_a_number_and_a_goroutine() -> None:
    with pytest.raises(TypeError, match="exit takes an int"):
        run(lambda: exit("no"))  # type: ignore[arg-type]
    with pytest.raises(NotInGoroutineError, match="exit was called outside of a goroutine"):
        exit(1)


def test_a_fatal_error_outside_of_goroutines_is_raised() -> None:
    with pytest.raises(FatalError, match="caused elsewhere"):
        fatal("caused elsewhere")


def test_a_fatal_error_that_another_m_causes_is_not_that_of_the_goroutine_that_blocks_this_one() -> None:
    shell = FakeShell()

    def main() -> str:
        shell.sched.serving = True
        try:
            fatal("caused elsewhere")
        except FatalError as error:
            return str(error)
        finally:
            shell.sched.serving = False

    assert shell.run(main) == "caused elsewhere"


# -- what a goroutine may ask


def test_stack_describes_the_caller_and_ends_with_where_it_was_made() -> None:
    async def child() -> None:
        async def inner() -> str:
            return await stack()

        texts.append(await inner())

    async def main() -> None:
        go(child)
        await gosched()

    texts: list[str] = []
    run(main)
    lines = texts[0].splitlines()
    assert lines[0] == "goroutine 2 [running]:"
    assert lines[1].endswith(".inner(...)") and lines[3].endswith(".child(...)")
    assert lines[-2].startswith("created by ") and lines[-2].endswith(".main") and lines[-1].startswith("\t")


def test_wiring_nests_and_shows_in_dumps() -> None:
    async def main() -> list[bool]:
        seen = []
        for call in (
            unlock_os_thread, lock_os_thread, lock_os_thread, unlock_os_thread, unlock_os_thread, unlock_os_thread,
        ):  # fmt: skip
            call()
            seen.append((await stack()).startswith("goroutine 1 [running, locked to thread]:\n"))
        return seen

    assert run(main) == [False, True, True, True, False, False]


class Calls:
    """An `Outside` whose calls are made when the test says so."""

    def __init__(self) -> None:
        self.made: list[tuple[G, Callable[[], object]]] = []

    def enter_syscall(self, g: G, call: Callable[[], object]) -> None:
        self.made.append((g, call))


def in_syscall(*fns: Callable[[], object]) -> tuple[FakeShell, Calls, list[object]]:
    """A program whose goroutines, each in a system call, write what comes of it."""
    shell, calls, log = FakeShell(), Calls(), list[object]()

    async def child(fn: Callable[[], object]) -> None:
        try:
            log.append(await syscall(fn))
        except Exception as error:  # noqa: BLE001  # whatever the call raised
            log.append(repr(error))

    async def main() -> None:
        for fn in fns:
            go(child, fn)
        await park_for_ever()

    shell.sched.outside = calls  # type: ignore[assignment]  # the rest is not asked for
    shell.start(main)
    shell.run_until_idle()
    return shell, calls, log


def test_a_goroutine_in_a_system_call_is_shown_so_and_gets_the_result_or_the_exception() -> None:
    shell, calls, log = in_syscall(lambda: "result", lambda: 1 // 0)
    assert log == [] and [status_of(g, None) for g, _ in calls.made] == [GStatus.SYSCALL] * 2
    g = calls.made[0][0]
    assert describe(g, None).startswith(f"goroutine {g.goid} [syscall]:\n")
    exit_syscall(shell.sched, calls.made[0][0], None, ZeroDivisionError("by 0"))
    shell.run_until_idle()
    exit_syscall(shell.sched, calls.made[1][0], "result", None)
    shell.run_until_idle()
    assert log == ["ZeroDivisionError('by 0')", "result"]


def test_who_leaves_a_system_call_goes_on_when_its_p_is_idle_and_else_to_the_global_queue() -> None:
    shell, calls, _ = in_syscall(lambda: 1, lambda: 2)
    exit_syscall(shell.sched, calls.made[0][0], 1, None)
    exit_syscall(shell.sched, calls.made[1][0], 2, None)
    assert shell.sched.runnext is calls.made[0][0]
    assert list(shell.sched.globrunq) == [calls.made[1][0]]


def test_who_leaves_a_system_call_after_its_program_goes_nowhere() -> None:
    shell, calls, _ = in_syscall(lambda: 1)
    shell.sched.drop(shell.program)
    exit_syscall(shell.sched, calls.made[0][0], 1, None)
    assert not shell.sched.runnable()


def test_syscall_takes_plain_functions() -> None:
    async def main() -> None:
        await syscall(main)

    with pytest.raises(TypeError, match=r"main is an async def: await it"):
        run(main)


def test_the_queue_of_a_p_that_is_gone_goes_before_the_global_one() -> None:
    shell, log = FakeShell(), list[object]()
    a, b, c, d = new_gs("abcd", shell.program, log)
    shell.sched.globrunq.append(a)
    shell.sched.put([b, c])
    shell.sched.runnext = d
    forget_p(shell.sched)
    assert names(shell.sched.globrunq) == "dbca" and not shell.sched.ring and shell.sched.runnext is None


# -- bad input


def test_a_plain_function_that_returns_a_coroutine_is_a_goroutine_like_its_coroutine() -> None:
    async def child(log: list[str]) -> None:
        await gosched()
        log.append("ran")

    async def main() -> list[str]:
        log: list[str] = []
        go(lambda: child(log))
        for _ in range(3):
            await gosched()
        return log

    assert run(main) == ["ran"]
