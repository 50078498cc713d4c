"""Go's package context: what belongs to one task, and the news that it is over.

State.      A context that can be cancelled has a Done channel, an error once it is over, and children.
            Values and deadlines do not change, and are found by asking the parents.
Order.      Ending sets the error, tells other Ms, closes Done, and ends the children, in the order of
            their making (Go: in any order); then the context leaves its parent. A deadline is a timer
            that starts a goroutine which does that, as AfterFunc does.
Handles.    A context lives where it was made; its handle on another M has the same parents and
            children there, and asks the home once to be told of the end. That message leaves the home
            before Done is closed, so `err()` of an M is never behind a Done seen closed there. Whoever
            cancels a handle tells the home, and knows at once.
Rejected.   Asking the home in `err()`: each look into a loop would block its M for a round trip.
Unlike Go.  Done is made with the context, not when it is first asked for: a context may leave its M at
            a moment when no goroutine is executing.
Sources.    Go 1.19 context/context.go.
"""

from collections.abc import Callable, Hashable
from typing import Final, Protocol, Self

from cluster.kernel.chan import Chan
from cluster.kernel.far import FarOp
from cluster.kernel.g import Program, Waiter
from cluster.kernel.handles import caller, tell
from cluster.kernel.nilchan import nil
from cluster.kernel.sched import Sched, go, here
from cluster.kernel.tickers import GO_FUNC, due
from cluster.kernel.timers import RuntimeTimer
from cluster.model.errors import Canceled, DeadlineExceeded, Panic
from cluster.model.ids import ObjId, ProgramId
from cluster.model.panics import type_name

Cause = type[Canceled] | type[DeadlineExceeded]
CancelFunc = Callable[[], None]


class Context(Protocol):
    """What every context can tell."""

    def done(self) -> Chan[None]:
        """Closed when the task is over; nil when that can never be."""
        ...

    def err(self) -> Cause | None:
        """Why it is over; None while it is not."""
        ...

    def value(self, key: object) -> object:
        """What was put there under an equal key of the same type, here or in a parent; None if nothing was."""
        ...

    def deadline(self) -> float | None:
        """When it will be over at the latest, as an instant of `time.time()`; None when that is not known."""
        ...


class Root:
    """`background()` and `todo()`: never over, and empty. There is one of each in every process."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name: Final = name

    def __reduce__(self) -> str:
        return self._name.upper()

    def done(self) -> Chan[None]:
        """See `Context`."""
        return nil

    def err(self) -> Cause | None:
        """See `Context`."""
        return None

    def value(self, key: object) -> object:
        """See `Context`."""
        return None

    def deadline(self) -> float | None:
        """See `Context`."""
        return None

    def __repr__(self) -> str:
        return f"context.{self._name}"


BACKGROUND: Final = Root("Background")
TODO: Final = Root("TODO")


class ValueContext:
    """A context with one value more than its parent. One object for goroutines of all Ms; it never changes."""

    __slots__ = ("_parent", "_key", "_val", "id", "home", "program", "__weakref__")

    def __init__(self, program: ProgramId | None, parent: Context, key: object, val: object) -> None:
        self.program = program  # None on handles
        self._parent, self._key, self._val = parent, key, val
        self.id: ObjId | None = None
        self.home: ObjId | None = None

    @classmethod
    def handle(cls, _sched: Sched, home: ObjId, parent: Context, key: object, val: object) -> Self:
        """The same on this M: it knows all that the one at `home` knows."""
        self = cls(None, parent, key, val)
        self.id = self.home = home
        return self

    def facts(self) -> tuple[object, ...]:
        """What a handle must know: see `handle`."""
        return self._parent, self._key, self._val

    def done(self) -> Chan[None]:
        """See `Context`."""
        return self._parent.done()

    def err(self) -> Cause | None:
        """See `Context`."""
        return self._parent.err()

    def value(self, key: object) -> object:
        """See `Context`."""
        if type(key) is type(self._key) and key == self._key:
            return self._val
        return self._parent.value(key)

    def deadline(self) -> float | None:
        """See `Context`."""
        return self._parent.deadline()

    def __repr__(self) -> str:
        val = str(self._val) if isinstance(self._val, str) or _has_text(self._val) else "<not Stringer>"
        return f"{self._parent!r}.WithValue(type {type_name(type(self._key))}, val {val})"

    @property
    def parent(self) -> Context:
        """The context that this one was made from."""
        return self._parent

    def serve(self, op: FarOp, _arg: object, _waiter: Waiter) -> None:
        """Nothing is asked of it."""
        raise AssertionError(f"a value of a context was asked for {op.name}")


class CancelContext:
    """A context that can be cancelled, and may have a deadline. One object for goroutines of all Ms."""

    __slots__ = (
        "_sched", "_of", "_parent", "_done", "_err", "_deadline", "_children", "_told", "_timer", "val",
        "id", "home", "program", "__weakref__",
    )  # fmt: skip

    def __init__(self, parent: Context, deadline: float | None = None) -> None:
        self._sched: Sched = here("with_cancel")
        self._of: ProgramId = caller(self._sched, "with_cancel").program.id
        self.program: ProgramId | None = self._of  # None on handles
        self._begin(parent, Chan(), deadline)
        self.id: ObjId | None = None
        self.home: ObjId | None = None
        self._follow()

    def _begin(self, parent: Context, done: Chan[None], deadline: float | None) -> None:
        self._parent, self._done, self._deadline = parent, done, deadline
        self._err: Cause | None = None
        self._children: dict[CancelContext, None] = {}
        self._told: list[Waiter] = []  # other Ms, to be told of the end
        self._timer: RuntimeTimer | None = None
        self.val: object = None  # of a Waiter: see `wake`

    @classmethod
    def handle(
        cls,
        sched: Sched,
        home: ObjId,
        program: ProgramId,
        parent: Context,
        done: Chan[None],
        err: Cause | None,
        deadline: float | None,
    ) -> Self:
        """A stand-in on this M for the context `home` of another."""
        self = cls.__new__(cls)
        self._sched, self.id, self.home, self.program, self._of = sched, home, home, None, program
        self._begin(parent, done, deadline)
        if err is not None:
            self._err = err
            return self
        sched.far.post(program, home, FarOp.CONTEXT_WATCH, None, self)
        self._follow()
        return self

    def facts(self) -> tuple[object, ...]:
        """What a handle must know: see `handle`."""
        return self._of, self._parent, self._done, self._err, self._deadline

    def learn(
        self, _program: ProgramId, _parent: Context, _done: Chan[None], err: Cause | None, _deadline: float | None
    ) -> None:
        """Facts of the same context came from another M. Who brought them may know of its end before we are told."""
        if err is not None:
            self.end(err)

    def done(self) -> Chan[None]:
        """See `Context`."""
        return self._done

    def err(self) -> Cause | None:
        """See `Context`."""
        return self._err

    def value(self, key: object) -> object:
        """See `Context`."""
        return self._parent.value(key)

    def deadline(self) -> float | None:
        """See `Context`."""
        return self._parent.deadline() if self._deadline is None else self._deadline

    def cancel(self) -> None:
        """End it, unless it is over; never waits. This is what `with_cancel` returns beside the context."""
        if self.home is not None and self._err is None:
            tell(self.home, FarOp.CONTEXT_CANCEL, Canceled, "cancel")
        self.end(Canceled)

    def __repr__(self) -> str:
        if self._deadline is None:
            return f"{self._parent!r}.WithCancel"
        left = self._deadline - self._sched.clock.unix_s()
        return f"{self._parent!r}.WithDeadline({self._deadline:.3f} [{left:.9g}s])"

    @property
    def parent(self) -> Context:
        """The context that this one was made from."""
        return self._parent

    # -- the end

    def _follow(self) -> None:
        """End when the parent does. Source: propagateCancel."""
        parent = self._parent
        if parent.done() is nil:
            return
        if (err := parent.err()) is not None:
            self.end(err)
            return
        while isinstance(parent, ValueContext):
            parent = parent.parent
        if isinstance(parent, CancelContext):
            parent._children[self] = None
        elif self.home is None:  # of a class of the program's own
            go(_watch, parent, self)

    def end(self, err: Cause) -> None:
        """Be over because of `err`, and all that was made from it. Nothing when it is over. Source: cancel."""
        ending = [self]
        while ending:
            context = ending.pop()
            if context._err is None:
                context._close(err)
                ending += reversed(context._children)
                context._children = {}
        parent = self._parent
        while isinstance(parent, ValueContext):
            parent = parent.parent
        if isinstance(parent, CancelContext):
            parent._children.pop(self, None)

    def _close(self, err: Cause) -> None:
        self._err = err
        told, self._told = self._told, []
        for w in told:
            w.wake(err)
        if self.home is None:
            self._done.close()
        if self._timer is not None:
            self._sched.timers.stop(self._timer)

    def end_after(self, seconds: float) -> None:
        """End when the deadline comes, `seconds` from now."""
        program = caller(self._sched, "with_deadline").program
        self._timer = RuntimeTimer(program, lambda: self._expire(program))
        self._sched.timers.start(self._timer, due(self._sched, seconds))

    def _expire(self, program: Program) -> None:
        g = self._sched.spawn(program, self.end, (DeadlineExceeded,), GO_FUNC)
        g.pinned = "it ends a context of this M"

    # -- other Ms

    def serve(self, op: FarOp, arg: object, waiter: Waiter) -> None:
        """Do what another M wants."""
        match op:
            case FarOp.CONTEXT_CANCEL:
                self.end(Canceled)
            case FarOp.CONTEXT_WATCH:
                if self._err is not None:
                    waiter.wake(self._err)
                else:
                    self._told.append(waiter)
            case _:
                raise AssertionError(f"a context was asked for {op.name}")

    def wake(self, val: object) -> None:
        """A handle: the home tells of the end."""
        self.end(DeadlineExceeded if val is DeadlineExceeded else Canceled)

    def prepare(self, val: object) -> object:
        """Of a waiter: nothing that it is woken with is sent on."""
        return val

    def fail(self, error: Exception) -> None:
        """A handle: the home is of a program that is over."""


async def _watch(parent: Context, child: CancelContext) -> None:
    """What follows a parent that has a Done channel of its own making."""
    await parent.done().recv()
    child.end(parent.err() or Canceled)


def background() -> Context:
    """The root of all contexts: never over, no values, no deadline."""
    return BACKGROUND


def todo() -> Context:
    """The same, for where it is not yet clear which context to use."""
    return TODO


def with_cancel(parent: Context) -> tuple[Context, CancelFunc]:
    """A context that is over when the function is called, or when its parent is."""
    context = CancelContext(_existing(parent))
    return context, context.cancel


def with_deadline(parent: Context, t: float) -> tuple[Context, CancelFunc]:
    """The same, and it is over at the instant `t` of `time.time()`, too. A parent's earlier deadline stays."""
    return _with_deadline(parent, t, t - here("with_deadline").clock.unix_s())


def with_timeout(parent: Context, seconds: float) -> tuple[Context, CancelFunc]:
    """The same, and it is over `seconds` from now, too. A parent's earlier deadline stays."""
    return _with_deadline(parent, here("with_timeout").clock.unix_s() + seconds, seconds)


def with_value(parent: Context, key: object, val: object) -> Context:
    """A context with a value. Keys should be of a class of their own, to not meet those of others."""
    _existing(parent)
    if key is None:
        raise Panic("nil key")
    if not isinstance(key, Hashable):
        raise Panic("key is not comparable")
    return ValueContext(caller(here("with_value"), "with_value").program.id, parent, key, val)


def _with_deadline(parent: Context, t: float, seconds: float) -> tuple[Context, CancelFunc]:
    earlier = _existing(parent).deadline()
    if earlier is not None and earlier < t:
        return with_cancel(parent)
    context = CancelContext(parent, t)
    if seconds <= 0:
        context.end(DeadlineExceeded)
    elif context.err() is None:
        context.end_after(seconds)
    return context, context.cancel


def _existing(parent: Context | None) -> Context:
    if parent is None:
        raise Panic("cannot create context from nil parent")
    return parent


def _has_text(val: object) -> bool:
    """Whether a value's class says how to print it: Go's Stringer."""
    return type(val).__module__ != "builtins" and type(val).__str__ is not object.__str__
