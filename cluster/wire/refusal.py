"""Why a started goroutine cannot move, for people: which variable, of which function, at which line.

Pickle says only that it met a lock. So when it has refused, each variable of each frame that was read is
tried alone, the innermost frame first, until one fails: what holds a generator fails because of that
generator's variable, which says more. Slow, and done once: who asked remembers the answer.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from types import CellType, CodeType
from typing import Any, Final, NamedTuple

from cluster.wire import frame
from cluster.wire.reducing import SUSPENDED

_EXPRESSION: Final = "in an expression, a `with` or a `for`"

Probe = Callable[[object], BaseException | None]  # why a value cannot be pickled; None when it can


def explain(error: BaseException, frames: Sequence[Any], probe: Probe) -> str:
    """`has_lock (progs.py:237) local 'l': lock: cannot pickle '_thread.lock' object`; all such, of one frame."""
    for generator in reversed(frames):
        found = list(_of_frame(generator, probe))
        if found:  # what lies in an expression, as a lock's `__exit__` in a `with`, is mostly of a variable
            return "; ".join([text for text in found if _EXPRESSION not in text] or found)
    return text_of(error)


def text_of(error: BaseException) -> str:
    """What an exception says, or else its type."""
    try:
        return str(error) or type(error).__name__
    except BaseException:  # noqa: BLE001  # a program's own __str__
        return type(error).__name__


class Suspended(NamedTuple):
    """Where a frame stands, and what is in it."""

    module: str
    code: CodeType
    line: int
    values: list[tuple[str, object]]  # each with words for where it is: `local 'x'`


def variables(generator: Any) -> Suspended | None:  # noqa: ANN401  # one of SUSPENDED
    """The frame of a suspended coroutine or generator; None when it has ended."""
    captured = frame.primitives.capture(generator)
    if captured is None:
        return None
    function, instruction, _, nulls, values, handled, _ = captured
    code = function.__code__
    arguments = [name for name in code.co_cellvars if name not in code.co_varnames]
    names = [*code.co_varnames, *arguments, *code.co_freevars]
    slots = [i for i in range(len(values) + len(nulls)) if i not in nulls]
    labels = [f"local {names[i]!r}" if i < len(names) else _EXPRESSION for i in slots]
    found = [*zip(labels, values, strict=True), ("the exception that is being handled", handled)]
    return Suspended(str(function.__globals__.get("__name__")), code, _line(code, instruction), found)


def _of_frame(generator: Any, probe: Probe) -> Iterator[str]:  # noqa: ANN401  # one of SUSPENDED
    suspended = variables(generator)
    if suspended is None:
        return
    code = suspended.code
    where = f"{code.co_qualname} ({code.co_filename.rpartition('/')[2]}:{suspended.line})"
    for label, value in suspended.values:
        if type(value) in SUSPENDED:
            continue  # a frame of its own
        error = probe(value)
        if error is not None:
            held = _contents(value) if type(value) is CellType else value
            yield f"{where} {label}: {type(held).__name__}: {text_of(error)}"


def _contents(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # it is empty
        return cell


def _line(code: CodeType, instruction: int) -> int:
    line = next(islice(code.co_positions(), instruction, None), (None,))[0]
    return code.co_firstlineno if line is None else line
