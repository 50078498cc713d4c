"""Preemption: a signal takes the M away from a goroutine that does not give it back.

How.        The kernel runs on a stack of its own (kernel/runner.py). The signal's handler, on top of the
            hog's frames, queues the hog and goes back to the shell: the hog stays suspended where it
            is, in the middle of its bytecode, and goes on there when the kernel executes it again.
Guards.     The handler refuses while something is in progress that another goroutine of this thread
            must not see half done: our own code, an import, a lock of the standard library, a
            collection of garbage, a tracer. Unless forced, it also refuses but at a back edge or at
            the start of a function, where no C function of the innermost frame can be in progress,
            and in arithmetic, which changes nothing that others see. Whoever asked asks again soon
            (loop.py). A goroutine that is a C function is never left.
Hazards.    A preempted goroutine cannot leave its M before its next await. A C call that keeps the GIL
            is not interrupted. list.sort of a list that others see shows them an empty list.
Sources.    Go 1.19 runtime/preempt.go: asyncPreempt, wantAsyncPreempt, isAsyncSafePoint. The guards are
            from experiments of ours.
"""

import gc
import opcode
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

import cluster
import worker
from cluster.kernel import runner
from cluster.kernel.calling import CALLS_OUT
from cluster.kernel.g import G
from cluster.kernel.sched import Sched

SIGNAL: Final = signal.SIGRTMAX  # the last one that Python looks at: no other signal waits behind a hog
_EDGES: Final = frozenset(  # of loops, whose names differ from 3.11 to 3.13, and the start of a function
    number for name, number in opcode.opmap.items() if name == "RESUME" or "JUMP_BACKWARD" in name
)
# Python 3.11 makes one step of a comparison of numbers and the jump behind it: then it stands at the comparison.
_COMPARE: Final = opcode.opmap["COMPARE_OP"] if sys.version_info < (3, 12) else None
_COMPARE_BYTES: Final = 6  # with its cache
# A product of ints of two digits or more looks for signals itself, and finds all of them in a loop: sysmon sends
# them while it has the GIL, which the main thread takes again behind its look at the back edge.
_ARITHMETIC: Final = frozenset({opcode.opmap["BINARY_OP"]})
_LEAVABLE: Final = _EDGES | _ARITHMETIC
_LOOP: Final = Sched._switch.__code__
_OURS: Final = tuple(os.path.join(*package.__path__, "") for package in (cluster, worker))
_PROGRAMS: Final = tuple(os.path.join(*cluster.__path__, name, "") for name in ("examples", "bench"))  # like a user's
_STDLIB: Final = os.path.dirname(os.__file__) + os.sep
# Modules whose state other goroutines of this thread must not see half changed.
_HELD: Final = frozenset(
    {"<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>"}
    | {
        _STDLIB + name.replace("/", os.sep)
        for name in (
            "threading.py", "queue.py", "functools.py", "_pyio.py", "socket.py", "selectors.py", "weakref.py",
            "logging/__init__.py", "concurrent/futures/_base.py", "concurrent/futures/thread.py",
            "multiprocessing/connection.py", "importlib/__init__.py", "subprocess.py", "ssl.py",
        )
    }
)  # fmt: skip


class Preemptor:
    """Preempts goroutines of the kernel that `sched` gives. Made and used on the main thread."""

    def __init__(
        self, sched: Callable[[], Sched], allowed: Callable[[G], bool], serve: Callable[[], None] = lambda: None
    ) -> None:
        """`allowed` tells whether a goroutine's program lets itself be preempted; `serve` see `ask`."""
        self._sched: Final = sched
        self._allowed: Final = allowed
        self._collecting = 0
        self._force = False
        self._asked = self._wanted = False
        self._asked_at_ns = 0
        self._serve: Final = serve
        self.preemptions = 0
        self.refusals: dict[str, int] = {}  # by reason, for those who wonder
        gc.callbacks.append(self._on_gc)
        signal.signal(SIGNAL, self._on_signal)

    def request(self, thread_id: int, *, force: bool) -> None:
        """Ask the main thread, from another one, to leave its goroutine. It may refuse: see `refusals`."""
        self._force, self._asked, self._asked_at_ns = force, True, time.monotonic_ns()
        signal.pthread_kill(thread_id, SIGNAL)

    def ask(self, thread_id: int) -> None:
        """Ask the main thread to call `serve` in the middle of a call that blocks, and then to go on with that."""
        self._wanted = True
        signal.pthread_kill(thread_id, SIGNAL)

    @property
    def unheard(self) -> bool:
        """Whether the main thread has not heard the last request: it is inside C."""
        return self._asked

    @property
    def unserved(self) -> bool:
        """Whether the main thread was asked to serve, and has not heard it."""
        return self._wanted

    def _on_gc(self, phase: str, _info: dict[str, int]) -> None:
        self._collecting += 1 if phase == "start" else -1

    def _on_signal(self, _signal: int, frame: FrameType | None) -> None:
        sched = self._sched()
        if sched.cur is None:
            self._asked = self._wanted = False
            return
        if self._wanted:
            self._wanted = False
            if self._between(frame):
                self._serve()
            return
        if not self._asked:
            return
        self._asked = False  # a second signal on top of this handler finds nothing to do
        why = self._refusal(sched.cur, frame)
        if why:
            self.refusals[why] = self.refusals.get(why, 0) + 1
        else:
            self.preemptions += 1
            g = sched.cur
            g.program.untold.append(("Preempt", g, "", self._asked_at_ns))
            sched.preempt()

    def _between(self, frame: FrameType | None) -> bool:
        """Whether no code of ours, and no import, is in progress: the kernel may be used."""
        innermost = frame
        while frame is not None and frame.f_code is not _LOOP:
            if frame.f_code.co_filename.startswith("<frozen importlib") or _is_ours(frame, innermost):
                return False
            frame = frame.f_back
        return frame is not None and not self._collecting

    def _refusal(self, g: G, frame: FrameType | None) -> str:
        """Why the goroutine cannot be left here; "" when it can."""
        if runner.why_not:
            return runner.why_not
        if not self._allowed(g):
            return "GODEBUG=asyncpreemptoff=1"
        if self._collecting:
            return "the garbage collector runs"
        if sys.gettrace() is not None or sys.getprofile() is not None:
            return "a tracer or a profiler is on"
        if frame is None:
            return "no frame"
        if frame.f_code is _LOOP:
            return "between two goroutines"  # the last may be parked already; a C function looks the same
        if not self._force and not _at_edge(frame):
            return "not at a back edge"
        walked: FrameType | None = frame
        while walked is not None and walked.f_code is not _LOOP:
            if (file := walked.f_code.co_filename) in _HELD or _is_ours(walked, frame):
                return f"in {os.path.basename(file)}"
            walked = walked.f_back
        return "" if walked is not None else "not in a goroutine"


def _at_edge(frame: FrameType) -> bool:
    """Whether no C function of the frame can be in progress, or only arithmetic."""
    code, at = frame.f_code.co_code, frame.f_lasti
    return code[at] in _LEAVABLE or (code[at] == _COMPARE and code[at + _COMPARE_BYTES] in _EDGES)


def _is_ours(frame: FrameType, innermost: FrameType | None) -> bool:
    """Whether code of ours is in progress there; but what only waits for the program's function to end is not."""
    code = frame.f_code
    if not code.co_filename.startswith(_OURS) or code.co_filename.startswith(_PROGRAMS):
        return False
    return frame is innermost or code not in CALLS_OUT
