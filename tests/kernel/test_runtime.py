"""panic and exit; a fatal error ends the program in the same way."""

import pytest

from cluster.kernel.runtime import exit, panic
from cluster.kernel.sched import Panicked, fatal, go, gosched
from cluster.model.errors import FatalError, NotInGoroutineError, Panic
from tests.fakes import FakeShell, run


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
