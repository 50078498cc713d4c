"""What goroutines, panics and deadlocks look like on stderr: Go's formats over Python's frames.

Frames.     Of a suspended goroutine: its coroutine, what that awaits, and so on inwards. Of the one that
            is executing: the frames of its thread. Printed innermost first. The runtime's own frames are
            left out, as Go leaves out package runtime; when nothing else is left, all are printed.
Names.      `package.qualname`, where the program file is package `main`. The name under which a worker
            imported the program file is never seen.
Panics.     Go's first line and header, then Python's traceback, which is outermost first and ends in the
            exception: Python programmers read tracebacks, and Go's frames would lack the source lines.
Unlike Go.  Arguments are always `(...)`. No `, N minutes`: Go counts them from the first garbage
            collection that sees the goroutine blocked, and ours knows no such moment.
Sources.    Go 1.19 runtime/traceback.go: goroutineheader, traceback1, printcreatedby;
            runtime/panic.go: printpanics; runtime/proc.go: checkdead.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from gc import get_referents
from itertools import islice
from traceback import TracebackException, walk_tb
from types import AsyncGeneratorType, CodeType, CoroutineType, FrameType, GeneratorType
from typing import Any, Final

from cluster.kernel.g import G, HasFrames, name_of, pinned_by, status_of
from cluster.model.errors import ClusterError, Goexit, Panic
from cluster.model.ids import MAIN_GOID
from cluster.model.panics import package_of
from cluster.model.status import GStatus

FRAMES_MAX: Final = 100  # Go's _TracebackMaxFrames
DEADLOCK: Final = "fatal error: all goroutines are asleep - deadlock!"
NO_GOROUTINES: Final = "fatal error: no goroutines (main called runtime.Goexit) - deadlock!"
_RUNTIME: Final = ("cluster.kernel", "cluster.api", "cluster.model", "cluster.wire", "worker", "coordinator")
_NO_SOURCE: Final = "?:0"  # the place of a function that is not written in Python


def describe(g: G, cur: G | None) -> str:
    """Go's dump of one goroutine, without a newline at the end; `cur` is the G that its M is executing."""
    status = status_of(g, cur)
    text = status.name.lower()
    if status is GStatus.WAITING and g.wait_reason is not None:
        text = g.wait_reason.text
    stack = g.program.stacks.get(g.goid)
    frames = frames_of(g, cur)[::-1]
    shown = [frame for frame in frames if not _is_runtime(_module_of(frame))] or frames
    wired = ", locked to thread" if g.goid in g.program.wired else ""
    lines = [f"goroutine {g.goid} [{text}{wired}]:"]
    for frame in shown[:FRAMES_MAX]:
        code = frame.f_code
        lines.append(f"{package_of(_module_of(frame))}.{code.co_qualname}(...)")
        lines.append(f"\t{code.co_filename}:{frame.f_lineno}")
    if len(shown) > FRAMES_MAX:
        lines.append("...additional frames elided...")
    if not frames:
        lines += _function(g.fn)
    if stack is not None:
        lines.append(f"runtime: stack={stack.size} used={stack.used}")
    if status is GStatus.RUNNABLE and not wired and (why := pinned_by(g)):
        lines.append(f"runtime: pinned: {why}")
    return "\n".join(lines + list(created_by(g)))


def panic_text(error: BaseException, g: G) -> str:
    """What stderr gets when `error` leaves `g`, with a newline at the end."""
    if isinstance(error.__context__, Goexit):  # a panic of its deferred calls; Go skips the Goexit, too
        error.__context__ = None
    depth = sum(1 for _ in walk_tb(error.__traceback__))
    limit = -FRAMES_MAX if depth > 10 * FRAMES_MAX else None  # deeper than Python's own frames can be: of `call`
    report = TracebackException(type(error), error, error.__traceback__, limit=limit, compact=True)
    ours = [] if limit else [_is_runtime(_module_of(frame)) for frame, _ in walk_tb(error.__traceback__)]
    if ours and not all(ours):
        last = len(ours)
        while isinstance(error, ClusterError | Panic) and ours[last - 1]:  # raised by the runtime on purpose
            last -= 1
        report.stack[:] = report.stack[ours.index(False) : last]
    wired = ", locked to thread" if g.goid in g.program.wired else ""
    lines = [f"panic: {_panic_line(error)}", "", f"goroutine {g.goid} [running{wired}]:"]
    lines += ["...additional frames elided..."] if limit else []
    lines.append(_with_public_names("".join(report.format())).rstrip("\n"))
    return "\n".join(lines + list(created_by(g))) + "\n"


def deadlock_text(dumps: Sequence[tuple[int, str]]) -> str:
    """What stderr gets when all goroutines of a program are parked: (goid, description) of each, in any order."""
    return others_after(DEADLOCK if dumps else NO_GOROUTINES, dumps)


def others_after(head: str, dumps: Sequence[tuple[int, str]]) -> str:
    """`head`, then these descriptions in the order of their making; with a newline at the end."""
    return "\n\n".join([head.rstrip("\n"), *in_order(dumps)]) + "\n"


def in_order(dumps: Iterable[tuple[int, str]]) -> list[str]:
    """Descriptions of goroutines of several Ms, in the order of their making."""
    return [text for _, text in sorted(dumps)]


# -- names


def _with_public_names(text: str) -> str:
    """A traceback as if the program file were `__main__` and our errors were all made in package `cluster`."""
    text = re.sub(r"(?m)^([ |+]*)__gmp_main_\w*?__\.", r"\1", text)
    text = re.sub(r"__gmp_main_\w*?__", "__main__", text)
    return re.sub(r"(?m)^([ |+]*)cluster\.model\.errors\.", r"\1cluster.", text)


def _panic_line(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception as failure:  # whatever the program's own __str__ raises
        text = f"<panic while printing panic value: {type(failure).__name__}>"
    if not isinstance(error, Panic):
        name = type(error).__name__
        text = f"{name}: {text}" if text else name
    return re.sub(r"__gmp_main_\w*?__", "main", text)


def _module_of(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "?"))


def _module_at(filename: str) -> str:
    """The module that was loaded from a file, for a code object knows only that; the program's if there is no other."""
    names = [name for name, module in list(sys.modules.items()) if getattr(module, "__file__", None) == filename]
    return "__main__" if not names or any(package_of(name) == "main" for name in names) else names[0]


def _is_runtime(module: str) -> bool:
    return any(module == ours or module.startswith(ours + ".") for ours in _RUNTIME)


# -- lines


def _function(fn: object) -> list[str]:
    """The two lines of a function that has not begun, or that has no Python frame."""
    code = _code_of(fn)
    place = _NO_SOURCE if code is None else f"{code.co_filename}:{code.co_firstlineno}"
    return [f"{name_of(fn)}(...)", f"\t{place}"]


def created_by(g: G) -> tuple[str, ...]:
    """The lines that tell where `g` was made, as a goroutine takes them along to another M; () for main."""
    if g.creator is None or g.goid == MAIN_GOID:
        return ()
    if isinstance(g.creator, tuple):
        return g.creator
    return _created_at(g.creator, g.creator_lasti, g.creator.co_filename)


@lru_cache(maxsize=256)  # the `go` statements in use; one may make a million goroutines that leave the M
def _created_at(code: CodeType, lasti: int, filename: str) -> tuple[str, str]:  # codes of two files may be equal
    name = f"{package_of(_module_at(filename))}.{code.co_qualname}"
    return f"created by {name}", f"\t{filename}:{_line_at(code, lasti)}"


def _line_at(code: CodeType, lasti: int) -> int:
    line = next(islice(code.co_positions(), lasti // 2, None), (None,))[0]
    return code.co_firstlineno if line is None else line


# -- frames


def frames_of(g: G, cur: G | None) -> list[FrameType]:
    """The Python frames of a goroutine, outermost first; of one in a `call` the innermost, more than are printed."""
    stack = g.program.stacks.get(g.goid)
    return list(_frames(g, cur)) if stack is None else _stacked(stack, g, cur)


def awaits_of(g: G) -> list[tuple[object, FrameType | None]]:
    """What a goroutine awaits, outermost first, each with its frame: its coroutine, what that awaits, and so on."""
    stack = g.program.stacks.get(g.goid)
    found: list[tuple[object, FrameType | None]] = []
    for root in (getattr(g.send, "__self__", None), *(() if stack is None else stack.frames[-FRAMES_MAX:])):
        awaited: object = root
        while awaited is not None:
            frame, inner = _step(awaited)
            found.append((awaited, frame))
            awaited = inner
    return found


def is_of_runtime(frame: FrameType) -> bool:
    """Whether a frame is the runtime's own, and not the program's."""
    return _is_runtime(_module_of(frame))


def _frames(g: G, cur: G | None) -> Iterable[FrameType]:
    """The Python frames of a goroutine, outermost first; none when it has not begun."""
    root = getattr(g.send, "__self__", None)
    if isinstance(root, CoroutineType) and root.cr_running:
        return _executing(lambda frame: frame is root.cr_frame)
    if root is not None:
        return _suspended(root)
    code = _code_of(g.fn)
    return _executing(lambda frame: frame.f_code is code) if g is cur else []  # a plain function


def _stacked(stack: HasFrames, g: G, cur: G | None) -> list[FrameType]:
    """The innermost frames of a goroutine that is in a `call`, outermost first: more than are printed."""
    frames: list[FrameType] = []
    for level in reversed(stack.frames):
        inner = [frame for frame in _of_level(level) if not _is_runtime(_module_of(frame))]
        frames = [*inner, *frames]
        if len(frames) > FRAMES_MAX:
            return frames
    return [
        *(frame for frame in _frames(g, cur) if not _is_runtime(_module_of(frame)) and frame not in frames),
        *frames,
    ]


def _of_level(level: "CoroutineType[Any, Any, Any]") -> Iterable[FrameType]:
    return _executing(lambda frame: frame is level.cr_frame) if level.cr_running else _suspended(level)


def _suspended(awaited: object) -> Iterator[FrameType]:
    """The frames from a suspended coroutine inwards."""
    while awaited is not None:
        frame, awaited = _step(awaited)
        if frame is not None:
            yield frame


def _step(awaited: object) -> tuple[FrameType | None, object]:
    """The frame of something that is awaited, if it has one, and what that awaits in turn."""
    if isinstance(awaited, CoroutineType):
        return awaited.cr_frame, awaited.cr_await
    if isinstance(awaited, GeneratorType):
        return awaited.gi_frame, awaited.gi_yieldfrom
    if isinstance(awaited, AsyncGeneratorType):
        return awaited.ag_frame, awaited.ag_await
    # `__anext__()` of an async generator and `coroutine.__await__()` show what they drive to nobody but the collector.
    kinds: tuple[type[Any], ...] = (CoroutineType, GeneratorType, AsyncGeneratorType)
    return None, next((inner for inner in get_referents(awaited) if isinstance(inner, kinds)), None)


def _executing(is_root: Callable[[FrameType], bool]) -> list[FrameType]:
    """The frames of whichever thread is executing below the root; the caller's own thread is looked at first."""
    for innermost in (sys._getframe(), *sys._current_frames().values()):
        frame: FrameType | None = innermost
        chain: list[FrameType] = []
        found = 0
        while frame is not None:
            chain.append(frame)
            if is_root(frame):
                found = len(chain)
            frame = frame.f_back
        if found:
            return chain[:found][::-1]
    return []


def _code_of(fn: object) -> CodeType | None:
    """The code of a function, a method or a callable object; None when it is not written in Python."""
    while isinstance(fn, partial):  # as `go` makes it for keyword arguments
        fn = fn.func
    code = getattr(fn, "__code__", None)
    if code is None and callable(fn):  # an object with `__call__`
        code = getattr(type(fn).__call__, "__code__", None)
    return code if isinstance(code, CodeType) else None
