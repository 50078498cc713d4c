"""The stack on which goroutines run, so that one of them can be left where it stands.

Owner.      The kernel of an M. One runner at a time; `run` enters it, `leave` never returns.
Preempted.  A goroutine that is taken its M stays on its stack, and the loop goes on on a fresh one. When
            that loop executes it again it resumes the old stack, whose loop ends after that slice and
            comes back.
Variables.  Context variables, and so decimal's context, are the thread's. But what is preempted may be in the
            middle of a `with localcontext()`: it keeps what it has, and the others go on with what there
            was when `run` was called.
Why.        exit() and fatal errors end the program inside the call: no `except` and no `finally` may
            see them. An exception would run both. So the loop runs in a greenlet, a stack of its own:
            to leave is to switch back to whoever called `run`, and never to come again.
Invariants. What was left is kept until the process ends: a greenlet that is freed is unwound, and
            that runs the `finally` blocks. The same holds for Gs of a dropped program.
Without     the greenlet library goroutines run on the caller's stack: nothing is preempted, and to leave is
            to unwind, so that `finally` blocks of the goroutine run.
Rejected.   An exit of the process: other programs have goroutines on this M. Running the shell's loop
            inside of the call: each end would bury the stack deeper. A thread per M for goroutines:
            libraries and signals want the main thread.
            A context per goroutine, as asyncio's tasks have: 17 ns of a switch, and 300 of a spawn.
Cost.       Two switches of greenlets per `run`, 0.3 us in 100; nothing per switch of goroutines.
Unlike Go.  Go's exit ends the process; ours is the home of other programs.
Sources.    Go 1.19 runtime/panic.go: fatalthrow, exit. The greenlet library, docs/api.rst.
"""

from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from typing import Final, NoReturn

try:
    from greenlet import getcurrent, greenlet
except ImportError as error:
    why_not = f"the greenlet library cannot be imported: {error}"
else:
    why_not = ""

_LEFT: Final[list[object]] = []  # for ever: see the essay
_CONTEXT_EXISTS: Final[ContextVar[None]] = ContextVar("_CONTEXT_EXISTS")
_RUNS: Final[ContextVar[object]] = ContextVar("_RUNS")  # the plain runner of this thread


class Runner:
    """Calls `loop` again and again, on its own stack."""

    __slots__ = ("_before", "_caller", "_loop", "_stack")

    def __init__(self, loop: Callable[[], bool]) -> None:
        self._loop: Final = loop
        self._caller: greenlet = getcurrent()
        self._stack: greenlet | None = None
        self._before = Context()  # context variables when `run` was called

    def run(self) -> bool:
        """What one call of `loop` returned, or True when it was left. Raises what it raises."""
        caller = self._caller = getcurrent()
        stack = self._stack
        if stack is None or stack.dead:
            _CONTEXT_EXISTS.set(None)
            stack = self._stack = greenlet(self._loops)
        stack.parent = caller  # to whom an exception of the loop goes
        stack.gr_context = caller.gr_context  # context variables are those of the thread, as without a runner
        self._before = copy_context()
        more: bool = stack.switch()
        return more

    @property
    def is_here(self) -> bool:
        """Whether the caller is on this stack: inside a goroutine, and on its thread."""
        return self._stack is not None and getcurrent() is self._stack

    def here(self) -> "greenlet":
        """The stack that runs: what `resume` takes."""
        assert self.is_here, "only what runs can be left"
        return getcurrent()

    def step_aside(self) -> None:
        """Return from `run`, or from the `resume` that came here, with this stack left as it stands.

        Returns here when somebody resumes it.
        """
        self._stack = None
        if self._caller.gr_context is getcurrent().gr_context:  # else it has left this stack before
            self._caller.gr_context = self._before
        self._caller.switch(True)

    def resume(self, left: "greenlet") -> None:
        """Go on, from a goroutine of the current stack, in one that stepped aside; until its loop ends or leaves."""
        here, caller = self._stack, self._caller
        assert here is not None, "goroutines are resumed by goroutines' loops"
        self._stack, self._caller = left, here
        left.parent = here
        left.switch()
        self._stack, self._caller = here, caller

    def leave(self) -> NoReturn:
        """Return from `run` with True, from inside of `loop`, whose frames never go on."""
        assert self.is_here, "only what runs can be left"
        keep(self._stack)
        self._stack = None
        self._caller.switch(True)
        raise AssertionError("a stack that was left goes on")

    def _loops(self) -> None:
        while True:
            more = self._loop()
            self._caller.switch(more)  # whoever that is by now: see `resume`


class Left(BaseException):
    """Unwinds a goroutine that has ended its program inside of a call, where there is no other stack to go to."""


class PlainRunner(Runner):
    """Calls `loop` on the stack of whoever calls `run`."""

    __slots__ = ()

    def __init__(self, loop: Callable[[], bool]) -> None:
        self._loop = loop  # type: ignore[misc]  # the other one's constructor is not called

    def run(self) -> bool:
        """See `Runner`."""
        outer = _RUNS.set(self)
        try:
            return self._loop()
        finally:
            _RUNS.reset(outer)

    @property
    def is_here(self) -> bool:
        """See `Runner`."""
        return _RUNS.get(None) is self

    def leave(self) -> NoReturn:
        """See `Runner`; but frames of the goroutine see `Left`."""
        assert self.is_here, "only what runs can be left"
        raise Left


def new_runner(loop: Callable[[], bool]) -> Runner:
    """The best that there is here."""
    return PlainRunner(loop) if why_not else Runner(loop)


def keep(what: object) -> None:
    """Do not free this before the process ends, since that would run code of the program."""
    _LEFT.append(what)
