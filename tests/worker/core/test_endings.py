"""Exit codes and texts."""

import pytest

from cluster.kernel.g import G, Program
from cluster.model.errors import FatalError, Panic
from cluster.model.ids import ProgramId
from worker.core.endings import Failure, failure, unreadable


def body() -> None:
    """What the goroutine below would run."""


GOROUTINE = G(7, Program(ProgramId(1)), body, (), None, 0)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (SystemExit(), ("exit", 0, "")),
        (SystemExit(None), ("exit", 0, "")),
        (SystemExit(0), ("exit", 0, "")),
        (SystemExit(3), ("exit", 3, "")),
        (SystemExit(-1), ("exit", 255, "")),
        (SystemExit(True), ("exit", 1, "")),
        (SystemExit("sorry"), ("exit", 1, "sorry\n")),
    ],
)
def test_system_exit_means_what_python_says(error: SystemExit, expected: tuple[str, int, str]) -> None:
    assert failure(GOROUTINE, error) == Failure(*expected)


def test_a_fatal_error_shows_the_goroutine_that_caused_it() -> None:
    kind, code, text = failure(GOROUTINE, FatalError("go of nil func value"))
    assert (kind, code) == ("fatal", 2)
    assert text.startswith("fatal error: go of nil func value\n\ngoroutine 7 [")


@pytest.mark.parametrize(("error", "line"), [(Panic(42), "panic: 42"), (KeyError("x"), "panic: KeyError: 'x'")])
def test_any_other_exception_is_a_panic(error: Exception, line: str) -> None:
    kind, code, text = failure(GOROUTINE, error)
    assert (kind, code) == ("panic", 2) and text.splitlines()[:3] == [line, "", "goroutine 7 [running]:"]


def test_a_goroutine_that_cannot_be_read_says_what_to_do() -> None:
    kind, code, text = unreadable(7, ModuleNotFoundError("No module named 'x'"))
    assert (kind, code) == ("load", 1)
    assert "goroutine 7 cannot be read on this worker: ModuleNotFoundError: No module named 'x'" in text


def test_go_of_a_call_says_what_to_write_instead() -> None:
    g = G(7, Program(ProgramId(1)), object(), (), None, 0)  # type: ignore[arg-type]  # the mistake
    _, code, text = failure(g, TypeError("'object' object is not callable"))
    assert code == 2
    assert text.startswith(
        "panic: NotCallableError: go was given 'object', which cannot be called: give it the function"
    )
    assert "go(f, x), not go(f(x))" in text
