"""Stacks that grow: `await call(fn, *args)`.

How.        The outermost call of a goroutine is a trampoline. A call below it hands its coroutine up to
            that, which drives the innermost one, and gives its end to the one below. So no frame of
            Python and no C stack is deeper for it; exceptions go from frame to frame, as written.
Bytes.      As real as CPython tells: a frame's header, variables and operands, by its code. What a
            level awaits without `call` counts with it. Runtime frames do not count.
Order.      2048 bytes at birth; doubled until what is used fits; halved at a collection, when less than
            a quarter is used. A collection is every COLLECT_EVERY-th call of the goroutine.
Limit.      Checked on the new size, so with the default of 1,000,000,000 the largest stack is 512 MiB.
Unlike Go.  Nothing is copied: the size is an account. Frames that were not entered through `call` have
            Python's recursion limit, and no account. The limit is set on the M of the caller.
Sources.    Go 1.19 runtime/stack.go: newstack, copystack, shrinkstack; runtime/debug/stack.go: SetMaxStack.
"""

from array import array
from collections.abc import Callable, Coroutine, Generator, Iterator
from functools import lru_cache
from types import CodeType, CoroutineType
from typing import Any, Final, ParamSpec, TypeAlias, TypeVar

from cluster.kernel.calling import calls_out
from cluster.kernel.g import G
from cluster.kernel.parks import parks
from cluster.kernel.sched import here
from cluster.model.errors import FatalError
from cluster.model.limits import STACK_MIN

FRAME_BYTES: Final = 80  # _PyInterpreterFrame, before its variables
WORD: Final = 8
COLLECT_EVERY: Final = 1024  # calls of one goroutine
SHRINK_BELOW: Final = 4  # Go's: halve when less than a quarter is used

P = ParamSpec("P")
R = TypeVar("R")
Frame: TypeAlias = "CoroutineType[Any, Any, Any]"


class Stack:
    """The frames of a goroutine that were entered through `call`, outermost first."""

    __slots__ = ("frames", "used", "size", "_g", "_bytes", "_calls")

    def __init__(self, g: G) -> None:
        self.frames: list[Frame] = []
        self.used = 0
        self.size = STACK_MIN
        self._g = g
        self._bytes = array("q")  # by level
        self._calls = 0

    def push(self, frame: Frame) -> None:
        """Enter `frame`; a stack overflow ends the program here. Source: morestack, newstack."""
        if self.frames:
            caller = sum(_frame_bytes(code) for code in _codes(self.frames[-1]))
            self.used += caller - self._bytes[-1]
            self._bytes[-1] = caller
        own = _frame_bytes(frame.cr_code)
        self.frames.append(frame)
        self._bytes.append(own)
        self.used += own
        self._calls += 1
        if self.used > self.size:
            self._grow()
        elif self._calls % COLLECT_EVERY == 0 and self.size > STACK_MIN and self.used < self.size // SHRINK_BELOW:
            self._resize("StackShrink", self.size // 2)

    def pop(self) -> None:
        """The innermost frame has ended."""
        self.frames.pop()
        self.used -= self._bytes.pop()

    def _grow(self) -> None:
        size, limit = self.size, self._g.program.max_stack
        while size < self.used:
            size *= 2
        if size > limit:
            low, own = id(self), self._bytes[-1]
            here("call").leave(
                FatalError(
                    "stack overflow",
                    f"runtime: goroutine stack exceeds {limit}-byte limit\n"
                    f"runtime: sp={low + self.size - self.used + own:#x} stack=[{low:#x}, {low + self.size:#x}]\n",
                )
            )
        self._resize("StackGrow", size)

    def _resize(self, kind: str, size: int) -> None:
        self._g.program.untold.append((kind, self._g, f"{self.size} to {size}", 0))
        self.size = size


@calls_out
@parks
def _call(fn: Callable[..., Any], args: Any, kwargs: Any) -> Generator[Any, Any, Any]:  # noqa: ANN401  # call is typed
    g = here("call").cur
    assert g is not None
    made = fn(*args, **kwargs)
    if type(made) is not CoroutineType:  # a plain function has returned
        return made
    if g.goid in g.program.stacks:  # below another: hand it up to the trampoline
        return (yield made)
    stack = g.program.stacks[g.goid] = Stack(g)
    try:
        return (yield from _trampoline(stack, made))
    finally:
        del g.program.stacks[g.goid]


def call(fn: Callable[P, Coroutine[object, object, R]], /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R]:
    """What `await fn(*args)` would give, but on the goroutine's own stack: as deep as set_max_stack allows."""
    return _call(fn, args, kwargs)


@calls_out
def _trampoline(stack: Stack, frame: Frame) -> Generator[object, object, object]:
    """Drive the innermost frame; each value that a goroutine parks with goes through."""
    stack.push(frame)
    val: object = None
    error: BaseException | None = None
    while True:
        frame = stack.frames[-1]
        try:
            if error is None:
                got = frame.send(val)
            else:
                thrown, error = error, None
                got = frame.throw(thrown)
        except StopIteration as end:
            stack.pop()
            if not stack.frames:
                return end.value
            val = end.value
        except BaseException as raised:
            stack.pop()
            if raised.__traceback__ is not None:
                raised.__traceback__ = raised.__traceback__.tb_next
            _hide_call(raised)
            if not stack.frames:
                raise
            error = raised
        else:
            if type(got) is CoroutineType:
                stack.push(got)
                val = None
                continue
            try:
                val = yield got
            except BaseException as raised:
                error = raised


def set_max_stack(limit: int) -> int:
    """No stack of this program may be larger from now on, in bytes; the limit before. Source: SetMaxStack."""
    g = here("set_max_stack").cur
    assert g is not None
    before, g.program.max_stack = g.program.max_stack, limit
    return before


def _hide_call(error: BaseException) -> None:
    """Take the frame of `call` between a caller and a callee out of the traceback."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        if at.tb_next.tb_frame.f_code is _CALL_CODE:
            at.tb_next = at.tb_next.tb_next
            return
        at = at.tb_next


def _codes(frame: Frame) -> Iterator[CodeType]:
    """The code of a suspended frame, and of those that it awaits without `call`."""
    awaited: object = frame
    while isinstance(awaited, CoroutineType) and awaited.cr_code is not _CALL_CODE:
        yield awaited.cr_code
        awaited = awaited.cr_await


@lru_cache(maxsize=4096)
def _frame_bytes(code: CodeType) -> int:
    names = code.co_nlocals + len(code.co_cellvars) + len(code.co_freevars)
    return FRAME_BYTES + WORD * (names + code.co_stacksize)


_CALL_CODE: Final = _call.__code__
