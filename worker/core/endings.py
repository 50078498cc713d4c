"""How a program ends on this M, as the user reads it: exit codes and texts.

Codes.      0 done; 1 the program could not be begun, or its result cannot be had; 2 panic or fatal
            error, as in Go; else what `exit(n)` or SystemExit said.
Sources.    Go 1.19 runtime/panic.go: fatalpanic, fatalthrow; Python's own rules for SystemExit.
"""

from typing import NamedTuple

from cluster.kernel.dump import describe, panic_text
from cluster.kernel.g import G
from cluster.model.errors import FatalError, NotCallableError


class Failure(NamedTuple):
    """See MainFailed."""

    kind: str
    code: int
    text: str


def failure(g: G, error: BaseException, where: str = "") -> Failure:
    """What becomes of the program when `error` leaves `g`, or ends it inside of a call, `where` that was."""
    if isinstance(error, SystemExit):
        return _exit(error)
    if isinstance(error, FatalError):
        return Failure("fatal", 2, f"{error.before}fatal error: {error}\n\n{where or describe(g, g)}\n")
    fn: object = g.fn
    return Failure("panic", 2, panic_text(error if callable(fn) else NotCallableError(fn), g))


def _exit(error: SystemExit) -> Failure:
    """Python's rules: no code is 0, an int is itself, anything else is printed and is 1."""
    if error.code is None:
        return Failure("exit", 0, "")
    if isinstance(error.code, int):
        return Failure("exit", error.code & 0xFF, "")
    return Failure("exit", 1, f"{error.code}\n")


def unreadable(goid: int, error: BaseException) -> Failure:
    """A goroutine came, and its function or arguments cannot be made here."""
    text = (
        f"error: goroutine {goid} cannot be read on this worker: {type(error).__name__}: {error}. Its function and the "
        f"classes of its arguments must be importable there: check that the modules exist where the worker runs.\n"
    )
    return Failure("load", 1, text)
