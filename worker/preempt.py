"""Preemption: a signal takes the M away from a goroutine that does not give it back.

How.        The kernel runs in a greenlet, the runner, that the shell starts from its own shallow stack
            for each run. The signal's handler, on top of the hog's frames, queues the hog and switches
            back to the shell: the hog stays suspended where it is, in the middle of its bytecode, with
            its runner. When the kernel dispatches it again, its `send` switches into that runner; the
            loop in there ends after this slice, and so does the one that dispatched it, because both
            have seen older queues.
Guards.     The handler refuses while something is in progress that another goroutine of this thread
            must not see half done: our own code, an import, a lock of the standard library, a
            collection of garbage, a tracer. Unless forced, it also refuses but at a back edge or at
            the start of a function, where no C function of the innermost frame can be in progress.
            Whoever asked asks again soon (loop.py).
Hazards.    A preempted goroutine cannot leave its M before its next await. A C call that keeps the GIL
            is not interrupted. list.sort of a list that others see shows them an empty list.
Sources.    Go 1.19 runtime/preempt.go: asyncPreempt, wantAsyncPreempt, isAsyncSafePoint; greenlet's
            documentation on parents and contexts. The guards are from experiments of ours.
"""

import contextvars
import gc
import opcode
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Final

from greenlet import getcurrent, greenlet

import cluster
import worker
from cluster.kernel.g import RESUMED, G
from cluster.kernel.sched import Sched
from cluster.model.lease import Lease

SIGNAL: Final = signal.SIGRTMAX  # the last one that Python looks at: no other signal waits behind a hog
_EDGES: Final = frozenset(  # of loops, whose names differ from 3.11 to 3.13, and the start of a function
    number for name, number in opcode.opmap.items() if name == "RESUME" or "JUMP_BACKWARD" in name
)
_LOOP: Final = Sched._switch.__code__
_OURS: Final = tuple(os.path.join(*package.__path__, "") for package in (cluster, worker))
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
    """Runs a kernel so that it can be left by a signal. Made and used on the main thread."""

    def __init__(self, allowed: Callable[[G], bool]) -> None:
        """`allowed` tells whether a goroutine's program lets itself be preempted."""
        self._allowed: Final = allowed
        self._sched: Sched | None = None
        self._context: Final = contextvars.copy_context()
        self._collecting = 0
        self._force = False
        self._asked = False
        self.preemptions = 0
        self.refusals: dict[str, int] = {}  # by reason, for those who wonder
        gc.callbacks.append(self._on_gc)
        signal.signal(SIGNAL, self._on_signal)

    def run(self, sched: Sched, lease: Lease, budget: int) -> bool:
        """`sched.run`, in a runner of its own; True also when it was left by preemption."""
        runner = greenlet(sched.run)
        runner.gr_context = self._context
        self._sched = sched
        try:
            more: bool = runner.switch(lease, budget)
        finally:
            self._sched = None
        return more

    def request(self, thread_id: int, *, force: bool) -> None:
        """Ask the main thread, from another one, to leave its goroutine. It may refuse: see `refusals`."""
        self._force, self._asked = force, True
        signal.pthread_kill(thread_id, SIGNAL)

    def _on_gc(self, phase: str, _info: dict[str, int]) -> None:
        self._collecting += 1 if phase == "start" else -1

    def _on_signal(self, _signal: int, frame: FrameType | None) -> None:
        sched = self._sched
        if sched is None or sched.cur is None or not self._asked:
            return
        self._asked = False  # a second signal on top of this handler finds nothing to do
        g = sched.cur
        why = self._refusal(g, frame)
        if why:
            self.refusals[why] = self.refusals.get(why, 0) + 1
            return
        self.preemptions += 1
        runner = getcurrent()

        def resume(_val: object) -> object:
            self._sched = sched
            runner.parent = getcurrent()
            runner.switch()  # comes back when its loop has ended, or the goroutine was preempted again
            return RESUMED

        sched.preempted(g, resume)
        parent = runner.parent
        assert parent is not None, "a runner is started by the shell"
        parent.switch(True)

    def _refusal(self, g: G, frame: FrameType | None) -> str:
        """Why the goroutine cannot be left here; "" when it can."""
        if not self._allowed(g):
            return "GODEBUG=asyncpreemptoff=1"
        if self._collecting:
            return "the garbage collector runs"
        if sys.gettrace() is not None or sys.getprofile() is not None:
            return "a tracer or a profiler is on"
        if frame is None:
            return "no frame"
        if not self._force and frame.f_code.co_code[frame.f_lasti] not in _EDGES:
            return "not at a back edge"
        walked: FrameType | None = frame
        while walked is not None and walked.f_code is not _LOOP:
            file = walked.f_code.co_filename
            if file in _HELD or (file.startswith(_OURS) and f"{os.sep}examples{os.sep}" not in file):
                return f"in {os.path.basename(file)}"
            walked = walked.f_back
        return "" if walked is not None else "not in a goroutine"
