"""Goexit, which no recovered panic cancels.

Order.      goexit raises Goexit, and `finally` blocks run, innermost first. A panic raised in one of
            them takes the place of the Goexit, as in Python any exception would; when it is recovered
            further out, the Goexit goes on from there, before the next line.
How.        The frames on its stack at that moment are traced: a line of one of them that is about to
            run while no exception is being handled means that the Goexit was lost. What is called from
            there runs untraced. Nothing is paid before.
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

from cluster.kernel.deferred import finally_lines
from cluster.kernel.sched import here
from cluster.model.errors import Goexit

# Of `with` and its like: their line is announced before the exception counts as being handled.
_BEGINS_HANDLER: Final = opmap["PUSH_EXC_INFO"]

Trace = Callable[[FrameType, str, object], Any]


def goexit() -> NoReturn:
    """End this goroutine: its `finally` blocks run. Main may end so while others go on."""
    g = here("goexit").cur
    assert g is not None
    before = sys.gettrace()

    def trace_new(_frame: FrameType, _event: str, _: object) -> None:
        if g.goid not in g.program.gs:  # it has ended
            sys.settrace(before)

    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not _is_kernel(frame):
        frame.f_trace = _go_on
        frame = frame.f_back
    for level in g.program.stacks[g.goid].frames if g.goid in g.program.stacks else ():
        if level.cr_frame is not None:
            level.cr_frame.f_trace = _go_on
    sys.settrace(trace_new)
    g.program.exiting.add(g.goid)
    raise Goexit


def _go_on(frame: FrameType, event: str, _: object) -> Trace:
    """Called before each line of a frame that a Goexit has to pass."""
    lost = event == "line" and sys.exc_info()[0] is None
    code = frame.f_code
    if lost and code.co_code[frame.f_lasti] != _BEGINS_HANDLER and frame.f_lineno not in finally_lines(code):
        raise Goexit  # which ends the tracing, too
    return _go_on


def _is_kernel(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).startswith("cluster.kernel.")
