"""Goexit, which no recovered panic cancels.

Order.      goexit raises Goexit, and `finally` blocks run, innermost first. A panic raised in one of
            them takes the place of the Goexit, as in Python any exception would; when it is recovered
            further out, the Goexit goes on from there, before the next line.
How.        While a goroutine exits, its frames are traced: a line that is about to run while no
            exception is being handled means that the Goexit was lost. Nothing is paid before.
Rejected.   Raising it again at the next await: what lies between would run.
Unlike Go.  A goroutine that catches BaseException takes the Goexit for a panic: it is raised again
            after the handler. Of two panics recovered one after the other the second one cancels.
Sources.    Go 1.19 runtime/panic.go: Goexit, and recovery of a panic that aborted a Goexit.
"""

import sys
from collections.abc import Callable
from opcode import opmap
from types import FrameType
from typing import Any, Final, NoReturn

from cluster.kernel.g import G
from cluster.kernel.sched import here
from cluster.model.errors import Goexit

# Of `with` and its like: their line is announced before the exception counts as being handled.
_BEGINS_HANDLER: Final = opmap["PUSH_EXC_INFO"]

Trace = Callable[[FrameType, str, object], Any]


def goexit() -> NoReturn:
    """End this goroutine: its `finally` blocks run. Main may end so while others go on."""
    sched = here("goexit")
    g = sched.cur
    assert g is not None
    trace = _tracer(lambda: sched.cur, g)
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not _is_kernel(frame):
        frame.f_trace = trace
        frame = frame.f_back
    sys.settrace(trace)
    raise Goexit


def _tracer(cur: Callable[[], G | None], g: G) -> Trace:
    before = sys.gettrace()

    def trace(frame: FrameType, event: str, _: object) -> Trace | None:
        if g.goid not in g.program.gs:  # it has ended
            sys.settrace(before)
            return None
        if cur() is not g or _is_kernel(frame):
            return None
        lost = event in ("line", "call") and sys.exc_info()[0] is None
        if lost and frame.f_code.co_code[frame.f_lasti] != _BEGINS_HANDLER:
            raise Goexit  # which ends the tracing, too
        return trace

    return trace


def _is_kernel(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).startswith("cluster.kernel.")
