"""`--race`: what goroutines give each other is copied, also where both of them are on one M.

A program that shares plain objects between goroutines works as long as these are on one M, and fails when
one of them moves. With copies it fails always, and in the same way.

Owner.      The kernel asks `Program.race`, which the M has set: the kernel itself knows no way to copy.
Order.      A value is copied when its send begins, the values of a select when the select does, a function
            and its arguments at the `go`: together, so that what is one object in there stays one. Those of
            `after_func` when it fires: only then is there a goroutine, and the function may know its timer.
Identity.   Channels and all other runtime objects, and what has a name (functions, classes, modules),
            stay themselves. What nobody can change is not copied.
Refusals.   What no copy can be made of is refused as a channel value, as by a channel of another M. Given
            to `go` it goes as it is: such a goroutine could not leave this M anyway.
Speed.      A program that does not race pays for this with one test in `go`, `select` and `Chan()`, and with
            nothing in a send or a receive: a channel of one that does is of a type of its own.
Not copied. Globals, of which each M has its own; the zero value of a channel; the value of a context.
Unlike Go.  Go's detector watches memory, and reports what two goroutines touch without an order.
"""

from collections.abc import Callable
from types import NoneType
from typing import Final, TypeVar, cast

from cluster.kernel.g import Copy, Program
from cluster.model.errors import CannotShipError

T = TypeVar("T")
Function = Callable[..., object]

_UNCHANGING: Final = frozenset({NoneType, bool, int, float, complex, str, bytes})


def sent(program: Program, value: T) -> T:
    """What the receiver of `value` gets. CannotShipError when it is to be a copy and there can be none."""
    if program.race is None or type(value) in _UNCHANGING:
        return value
    return cast("T", program.race(value))


def begun(copy: Copy, fn: Function, args: tuple[object, ...]) -> tuple[Function, tuple[object, ...]]:
    """What a new goroutine calls instead of `fn(*args)`: copies of both, closure variables included."""
    try:
        return cast("tuple[Function, tuple[object, ...]]", copy((fn, args)))
    except CannotShipError:
        return fn, args


def begun_by_timer(copy: Copy, fn: Function, args: tuple[object, ...]) -> tuple[Function, tuple[object, ...]]:
    """The same where no caller could be told that a copy cannot be read: the new goroutine panics."""
    try:
        return begun(copy, fn, args)
    except Exception as error:
        return _fail, (error,)


def _fail(error: Exception) -> None:
    raise error
