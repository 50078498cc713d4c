"""Whether started coroutines can move in this process, and the primitives for it.

Primitives. `primitives` is the extension `_frame`, written in C: capture, alloc, restore, void; and two for
            the awaitables with which the interpreter drives coroutines and async generators. Only
            `available` says whether they may be used.
Self-test.  The extension was compiled against headers, and a blob of bytes is only as good as these. So at
            import a known coroutine is suspended, read, compared with what Python itself says of it,
            moved, and finished; and if anything differs, nothing moves here: `why_not` says what.
Without it. Goroutines that have not started move, as before; started ones stay.
Rejected.   ctypes: 3 to 10 times slower, and one wrong offset is a crash.
Sources.    CPython's Include/internal/pycore_frame.h, Objects/genobject.c, of 3.11, 3.12 and 3.13.
"""

import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from types import CoroutineType, coroutine
from typing import Any, Final

try:
    from cluster.wire import _frame
except ImportError as error:
    _absent = f"the extension cluster.wire._frame was not built ({error}): it needs a C compiler and Python's headers"
else:
    _absent = ""
    primitives = _frame

UNITS: Final = 2  # bytes of an instruction: f_lasti counts bytes, a captured frame instructions


class _DiffersError(Exception):
    """The self-test saw something that it does not know."""


def _check(known: bool, what: str) -> None:
    if not known:
        raise _DiffersError(what)


@coroutine
def _pause(what: object) -> Generator[object, object, object]:
    return (yield what)


async def _known(log: list[object], a: int, *, b: int = 2) -> object:
    c = [a]

    def grow() -> int:
        nonlocal b
        b += 1
        return b

    try:
        raise KeyError(a)
    except KeyError:
        try:
            c.append(len([grow(), await _pause(("first", b)), grow()]))
            try:
                raise
            except KeyError as again:
                log.append(again.args)
            return c, b, await _pause("second")
        finally:
            log.append("finally")


async def _series(log: list[object]) -> AsyncGenerator[object, object]:
    try:
        log.append((yield await _pause("third")))
    finally:
        log.append("closed")


def _finish(started: Coroutine[object, object, object], value: object) -> object:
    try:
        started.send(value)
    except StopIteration as end:
        return end.value
    raise _DiffersError("it went on after its end")


def _copy(original: Any) -> Any:  # noqa: ANN401  # any of three types, with different names for the same things
    """A twin of `original`, which is emptied; what it awaits is moved over, not copied."""
    captured = primitives.capture(original)
    _check(captured is not None, "a suspended coroutine seems finished")
    assert captured is not None
    function, instruction, state, nulls, values, handled, flags = captured
    frame = original.cr_frame if isinstance(original, CoroutineType) else original.ag_frame
    assert frame is not None, "it is suspended"
    _check(function.__code__ is frame.f_code, "the function of a frame")
    _check(instruction * UNITS == frame.f_lasti, "the instruction of a frame")
    names = [*frame.f_code.co_varnames, *(n for n in frame.f_code.co_cellvars if n not in frame.f_code.co_varnames)]
    names += frame.f_code.co_freevars
    left = iter(values)
    slots = {name: next(left) for i, name in enumerate(names) if i not in nulls}
    for name, value in frame.f_locals.items():
        held = slots.get(name)
        _check(getattr(held, "cell_contents", held) is value, f"the local variable {name}")
    _check(len(list(left)) > 0, "the stack of a frame")
    twin = primitives.alloc(function)
    primitives.void([(original, instruction)])
    primitives.restore(twin, instruction, state, nulls, values, handled, flags)
    return twin


def _coroutine_moves() -> None:
    log: list[object] = []
    started = _known(log, 7)
    _check(started.send(None) == ("first", 3), "a first step")
    twin = _copy(started)
    _check(_message(started.send) == "cannot reuse already awaited coroutine", "an emptied coroutine")
    del started
    _check(log == [], "`finally` ran when its coroutine was emptied")
    _check(twin.send(None) == "second", "a step after a move")
    twin = _copy(twin)
    _check(_finish(twin, "end") == ([7, 3], 4, "end") and log == [(7,), "finally"], "the end after a move")


def _async_generator_moves() -> None:
    log: list[object] = []
    series = _series(log)
    step = series.asend(None)
    _check(primitives.inspect_awaitable(step) == (series, None, 0), "an awaitable that is new")
    _check(step.send(None) == "third", "a step of an async generator")
    _check(primitives.inspect_awaitable(step) == (series, None, 1), "an awaitable that has begun")
    twin = _copy(series)
    resumed = twin.asend(None)
    primitives.set_awaitable(resumed, 1)
    primitives.set_awaitable(step, 2)
    _check(_finish(resumed, "value") == "value", "a moved step of an async generator")
    closing = twin.aclose()
    _check(primitives.inspect_awaitable(closing) == (twin, True, 0), "an awaitable that closes")
    _check(_finish(closing, None) is None and log == ["closed"], "the end of an async generator")
    known = _known(log, 1)
    wrapper = known.__await__()
    _check(primitives.inspect_awaitable(wrapper) is known, "the coroutine of a wrapper")
    known.close()


def _message(send: Callable[[None], object]) -> str:
    try:
        send(None)
    except RuntimeError as error:
        return str(error)
    return ""


def _self_test() -> str:
    """What differs from what this module knows; "" when nothing does."""
    try:
        _coroutine_moves()
        _async_generator_moves()
    except Exception as error:  # noqa: BLE001  # whatever it is, the feature is off
        return f"the self-test found that Python {sys.version.split()[0]} differs: {type(error).__name__}: {error}"
    return ""


why_not: Final[str] = _absent or _self_test()
available: Final[bool] = not why_not
