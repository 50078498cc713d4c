"""Preemption: a signal takes the M away from a goroutine that does not give it back.

How.        The kernel runs on a stack of its own (kernel/runner.py). The signal's handler, on top of the
            hog's frames, queues the hog and goes back to the shell: the hog stays suspended where it
            is, in the middle of its bytecode, and goes on there when the kernel executes it again.
Guards.     The handler refuses while something is in progress that another goroutine of this thread
            must not see half done: our own code, an import, a lock of the standard library, a
            collection of garbage and what it calls back, a tracer. Unless forced, it also refuses but at
            a back edge or at the start of a function, where no C function of the innermost frame can be in
            progress, and in arithmetic, which changes nothing that others see. Whoever asked asks again soon
            (loop.py).
Blocked.    One that waits in a C function, and has not moved for so long that sysmon asks for it, is left there,
            also in modules that hold a lock while they compute, where waiting is what they are for: a
            `Condition`, a socket, a child process. Who ends the wait may be a goroutine of this thread.
            So is a goroutine that is a C function, which else is never left: it looks as the kernel does.
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
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from types import FrameType
from typing import Final
from weakref import finalize

import cluster
import worker
from cluster.kernel import runner
from cluster.kernel.calling import CALLS_OUT
from cluster.kernel.g import G
from cluster.kernel.sched import Sched
from cluster.model.errors import Goexit

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
_STAR_CALL: Final = opcode.opmap["CALL_FUNCTION_EX"]  # of the loop: its only one begins a goroutine
_OURS: Final = tuple(os.path.join(*package.__path__, "") for package in (cluster, worker))
_PROGRAMS: Final = tuple(os.path.join(*cluster.__path__, name, "") for name in ("examples", "bench"))  # like a user's
_STDLIB: Final = os.path.dirname(os.__file__) + os.sep


def _files(*names: str) -> frozenset[str]:
    return frozenset(_STDLIB + name.replace("/", os.sep) for name in names)


# Modules whose state other goroutines of this thread must not see half changed: an import, and what belongs to a
# thread, who could enter it again.
_HELD: Final = _files("_pyio.py", "weakref.py", "logging/__init__.py", "importlib/__init__.py") | {
    "<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>"
}  # fmt: skip
# Those that have let go of all when they wait.
_HELD_UNLESS_BLOCKED: Final = _files(
    "threading.py", "queue.py", "concurrent/futures/_base.py", "concurrent/futures/thread.py", "socket.py",
    "selectors.py", "ssl.py", "subprocess.py", "multiprocessing/connection.py",
)  # fmt: skip
_THREADING: Final = threading.__file__
# Where a thread waits with no lock of that module held; the last two differ from 3.12 to 3.13.
_WAITS: Final = frozenset({"wait", "__enter__", "join", "_wait_for_tstate_lock"})
# What calls the program's functions there, and has nothing half done meanwhile: see cluster/kernel/calling.py.
_CALLBACKS: Final = frozenset(
    function.__code__
    for function in (Future.add_done_callback, Future.set_result, Future.set_exception, finalize.__call__)
) | {Future._invoke_callbacks.__code__}  # type: ignore[attr-defined]  # what the setters call

Place = tuple[int, int]  # a frame, and an instruction of it


class Preemptor:
    """Preempts goroutines of the kernel that `sched` gives. Made and used on the main thread."""

    def __init__(
        self,
        sched: Callable[[], Sched],
        allowed: Callable[[G], bool],
        serve: Callable[[], None] = lambda: None,
        wait: Callable[[], None] = lambda: None,
        unwanted: Callable[[G], bool] = lambda _: False,
    ) -> None:
        """`allowed`: whether its program has a goroutine preempted. For `serve` see `ask`, for `wait` see `deaf`.

        One that is `unwanted` is not left but ended: Goexit is raised where it would be left.
        """
        self._sched: Final = sched
        self._allowed: Final = allowed
        self._collecting = 0
        self._force = False
        self._blocked_at: Place | None = None
        self._asked = self._wanted = False
        self._asked_at_ns = 0
        self._serve: Final = serve
        self._wait: Final = wait
        self._unwanted: Final = unwanted
        self.preemptions = 0
        self.refusals: dict[str, int] = {}  # by reason, for those who wonder
        gc.callbacks.append(self._on_gc)
        signal.signal(SIGNAL, self._on_signal)

    def request(self, thread_id: int, *, force: bool, blocked_at: Place | None = None) -> None:
        """Ask the main thread, from another one, to leave its goroutine. It may refuse: see `refusals`.

        `blocked_at`: where it blocks, as the caller has seen for a while.
        """
        self._force, self._blocked_at, self._asked_at_ns = force, blocked_at, time.monotonic_ns()
        self._asked = True
        signal.pthread_kill(thread_id, SIGNAL)

    def ask(self, thread_id: int) -> None:
        """Ask the main thread to call `serve` in the middle of what it does, and then to go on with that."""
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

    def deaf(self, thread_id: int) -> bool:
        """Whether the main thread was asked to serve, is in a C function that hears no signal, and will call `wait`
        before it runs a line of the kernel's: a signal that came is handled at the entry of the next function.

        Another thread sets what `wait` waits for and then looks here: the handler looks in the other order.
        """
        frame = sys._current_frames().get(thread_id)
        return self._sched().cur is not None and self._between(frame) and self._wanted

    def _on_gc(self, phase: str, _info: dict[str, int]) -> None:
        self._collecting += 1 if phase == "start" else -1

    def _on_signal(self, _signal: int, frame: FrameType | None) -> None:
        wanted, self._wanted = self._wanted, False
        self._wait()
        sched = self._sched()
        if sched.cur is None:
            self._asked = False
            return
        if wanted and self._between(frame):
            self._serve()
        if not self._asked:
            return
        self._asked = False  # a second signal on top of this handler finds nothing to do
        why = self._refusal(sched.cur, frame)
        if why:
            self.refusals[why] = self.refusals.get(why, 0) + 1
        else:
            g = sched.cur
            if self._unwanted(g):
                raise Goexit
            self.preemptions += 1
            g.program.untold.append(("Preempt", g, "", self._asked_at_ns))
            sched.preempt()
            if self._unwanted(g):  # by now
                raise Goexit

    def _between(self, frame: FrameType | None) -> bool:
        """Whether no code of ours, and no import, is in progress: the kernel may be used."""
        innermost = frame
        while frame is not None and frame.f_code is not _LOOP:
            if frame.f_code.co_filename.startswith("<frozen importlib") or _is_ours(frame, innermost):
                return False
            frame = frame.f_back
        return frame is not None and not self._collects(innermost)

    def _collects(self, frame: FrameType | None) -> bool:
        """Whether garbage is being collected. What others have called back may come before our callback at the
        start, and after it at the end: then only their frames tell.
        """
        if self._collecting:
            return True
        told = _called_back() if len(gc.callbacks) > 1 else set()
        while told and frame is not None and frame.f_code is not _LOOP:
            if frame.f_code in told:
                return True
            frame = frame.f_back
        return False

    def _refusal(self, g: G, frame: FrameType | None) -> str:
        """Why the goroutine cannot be left here; "" when it can."""
        if runner.why_not:
            return runner.why_not
        if not self._allowed(g):
            return "GODEBUG=asyncpreemptoff=1"
        if self._collects(frame):
            return "the garbage collector runs"
        if sys.gettrace() is not None or sys.getprofile() is not None:
            return "a tracer or a profiler is on"
        if frame is None:
            return "no frame"
        blocked = self._blocked_at == place_of(frame)
        if frame.f_code is _LOOP:
            if blocked and frame.f_code.co_code[frame.f_lasti] == _STAR_CALL:
                return ""  # in a C function, which is a goroutine of its own
            return "between two goroutines"  # the last may be parked already; a C function looks the same
        if not self._force and not _at_edge(frame):
            return "not at a back edge"
        held = _HELD if blocked and _waits(frame) else _HELD | _HELD_UNLESS_BLOCKED
        walked: FrameType | None = frame
        while walked is not None and walked.f_code is not _LOOP:
            if _holds(walked, frame, held) or _is_ours(walked, frame):
                return f"in {os.path.basename(walked.f_code.co_filename)}"
            walked = walked.f_back
        return "" if walked is not None else "not in a goroutine"


def _called_back() -> set[object]:
    """The functions that are told when a collection of garbage begins and ends; but for those that are C."""
    told: set[object] = set()
    for callback in gc.callbacks:
        made: object = callback
        while isinstance(made, partial):
            made = made.func
        for function in (made, type(made).__call__):
            told.add(getattr(getattr(function, "__func__", function), "__code__", None))
    return told


def place_of(frame: FrameType) -> Place:
    """Where that frame is."""
    return id(frame), frame.f_lasti


def _waits(frame: FrameType) -> bool:
    """Whether a function that blocks there has let go of what others wait for: not in all of `threading`."""
    return frame.f_code.co_filename != _THREADING or frame.f_code.co_name in _WAITS


def _holds(frame: FrameType, innermost: FrameType, held: frozenset[str]) -> bool:
    """Whether something of a module is in progress there; but what only waits for the program's function is not."""
    code = frame.f_code
    return code.co_filename in held and (frame is innermost or code not in _CALLBACKS)


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
