"""One goroutine, the program that it belongs to, and the other kinds of waiters.

Owner.      The kernel of the M on which it was readied last.
Invariants. A G is in at most one of: a run queue, a wait queue, the place `cur`. `wait_reason` is
            set while it waits and only then. `send` is None until the G has started: until then it
            is a function and its arguments, and can go to any M.
Waiters.    A G waiting in one channel operation is its own sudog: `val` carries the value to send
            while it is parked, and what it was woken with when it runs. Whoever else waits in a
            queue (a G of another M) is an object with `val` and `wake`.
Registry.   A program holds its Gs: two goroutines that only refer to each other would otherwise be
            collected by Python, and collecting runs their `finally` blocks. In Go they leak.
Unlike Go.  Go allocates a sudog per wait from a pool; a second object per wait would cost a hop a
            third of its time here.
Sources.    Go 1.19 runtime/runtime2.go: g, sudog, waitReason.
"""

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, count
from types import CodeType, CoroutineType, MethodType
from typing import Any, Final, Protocol, final

from cluster.model.ids import MAIN_GOID, ProgramId
from cluster.model.limits import GOID_BATCH, STACK_MAX
from cluster.model.panics import package_of
from cluster.model.status import GStatus


class WaitReason:
    """Why a G is parked, in Go's words. Identity counts: what a goroutine yields must be one of these."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text: Final = text

    def __repr__(self) -> str:
        return f"WaitReason({self.text!r})"

    def __reduce__(self) -> str:
        """It is the same one on every M: a goroutine that moves has some in its frames."""
        return next(name for name, value in globals().items() if value is self)


# Go 1.19's texts, runtime/runtime2.go: waitReasonStrings.
CHAN_RECEIVE: Final = WaitReason("chan receive")
CHAN_SEND: Final = WaitReason("chan send")
CHAN_RECEIVE_NIL: Final = WaitReason("chan receive (nil chan)")
CHAN_SEND_NIL: Final = WaitReason("chan send (nil chan)")
SELECT_NO_CASES: Final = WaitReason("select (no cases)")
SEMACQUIRE: Final = WaitReason("semacquire")
SLEEP: Final = WaitReason("sleep")
SELECT: Final = WaitReason("select")
COND_WAIT: Final = WaitReason("sync.Cond.Wait")
IO_WAIT: Final = WaitReason("IO wait")
SYSCALL: Final = WaitReason("syscall")  # Go's is a status; here a helper thread makes the call
GOSCHED: Final = WaitReason("")  # not a wait: the G goes to the tail of globrunq


Copy = Callable[[object], object]  # CannotShipError for what no copy can be made of

PREEMPTED: Final = "preempted in mid-bytecode"  # why such a G cannot leave its M


class _Resumed:
    """What a preempted goroutine's `send` gives when it has run on its own stack, whatever it did there."""

    def __repr__(self) -> str:
        return "RESUMED"


RESUMED: Final = _Resumed()


class Goyield(WaitReason):
    """Not a wait either: the G goes to the tail of the ring."""

    __slots__ = ()


GOYIELD: Final = Goyield("")


class Waiter(Protocol):
    """Who stands in a wait queue: a G of this M, or the stand-in of a G of another M."""

    val: object  # to send, while queued as a sender

    def wake(self, val: object) -> None:
        """The operation is done; `val` is its result, or CLOSED."""
        ...


class BeforeStart(str):
    """Why a G could not leave its M before it had started: once it runs, this says nothing."""

    __slots__ = ()


class HasFrames(Protocol):
    """The stack of a goroutine: see stack.py."""

    frames: "list[CoroutineType[Any, Any, Any]]"  # outermost first
    used: int  # bytes
    size: int


@final
class G:
    """A goroutine. 136 bytes of its own; a parked one costs under 1 KB with its coroutine."""

    __slots__ = ("goid", "program", "fn", "args", "send", "val", "wait_reason", "creator", "creator_lasti", "pinned")

    def __init__(
        self,
        goid: int,
        program: "Program",
        fn: Callable[..., object],
        args: tuple[object, ...],
        creator: CodeType | tuple[str, ...] | None,
        creator_lasti: int,
    ) -> None:
        self.goid = goid
        self.program = program
        self.fn = fn
        self.args = args
        self.send: Callable[[object], object] | None = None
        self.val: object = None
        self.wait_reason: WaitReason | None = None
        # The code whose `go` made this G, and where in it; of one from another M, the text of that. None for main.
        self.creator = creator
        self.creator_lasti = creator_lasti
        self.pinned = ""  # why it cannot leave this M; "" as far as is known it can; see `pinned_by`

    @property
    def preempted(self) -> bool:
        """Whether it was left in the middle of its bytecode."""
        return self.pinned == PREEMPTED

    def __repr__(self) -> str:
        return f"<goroutine {self.goid} of program {self.program.id}: {name_of(self.fn)}>"


class Program:
    """What the goroutines of one program on this M have in common.

    `stripe` and `stripes` keep ids apart without a round trip: this M takes batches of 16, every
    `stripes`-th one. With one M the ids of a program are consecutive, as in Go.
    """

    __slots__ = (
        "id", "gs", "ids", "main", "dropped", "wired", "stacks", "max_stack", "untold", "exiting", "mobile",
        "race",
    )  # fmt: skip

    def __init__(self, program: ProgramId, stripe: int = 0, stripes: int = 1) -> None:
        self.id: Final = program
        self.gs: Final[dict[int, G]] = {}  # by goid, in the order of their making
        self.ids: Final[Iterator[int]] = goids(stripe, stripes)
        self.main: G | None = None
        self.dropped = False
        self.mobile = True  # whether goroutines that have started may leave this M
        self.race: Copy | None = None  # copies what its goroutines give each other: see racing.py
        self.wired: Final[dict[int, int]] = {}  # by goid: how often the goroutine has locked its thread
        self.exiting: Final[set[int]] = set()  # goids of those that a Goexit is ending
        self.stacks: Final[dict[int, HasFrames]] = {}  # by goid, of those that are in a `call`
        self.max_stack = STACK_MAX
        # StackGrow, StackShrink and Preempt, for the trace: whose, the detail, when (0: in the slice under way).
        self.untold: Final[deque[tuple[str, G, str, int]]] = deque(maxlen=256)


def goids(stripe: int, stripes: int) -> Iterator[int]:
    """Ids of one M: batches of GOID_BATCH, every `stripes`-th batch, from the `stripe`-th on; 1 is main's.

    A stripe beyond `stripes` belongs to an M that joined late: it starts far above all others.
    """
    lap, start = divmod(stripe, stripes)
    first = (lap << 40) + start * GOID_BATCH + 1
    batches = (range(base, base + GOID_BATCH) for base in count(first, stripes * GOID_BATCH))
    ids = chain.from_iterable(batches)
    if first == MAIN_GOID:
        next(ids)
    return ids


def status_of(g: G, cur: G | None) -> GStatus:
    """The status of `g`, given the G that its M is executing. Derived, so that a switch need not store it."""
    if g is cur:
        return GStatus.RUNNING
    if g.goid not in g.program.gs:
        return GStatus.DEAD
    if g.wait_reason is None:
        return GStatus.RUNNABLE
    return GStatus.SYSCALL if g.wait_reason is SYSCALL else GStatus.WAITING


def pinned_by(g: G) -> str:
    """Why `g` cannot leave its M as it is now, as far as is known; "" when nothing is known to hold it."""
    if g.goid in g.program.wired:
        return "locked to its thread"
    return "" if g.send is not None and type(g.pinned) is BeforeStart else g.pinned


def refuse(g: G, reason: str) -> None:
    """`g`, which is not executing, cannot leave its M: nobody need try again before it has run."""
    if g.send is None:
        g.pinned = BeforeStart(reason)
        return
    resume = g.send
    g.pinned = reason

    def send(_coroutine: object, val: object) -> object:
        g.send, g.pinned = resume, ""
        return resume(val)

    # A bound method, as the `send` that it stands for: a dump finds the coroutine through it.
    g.send = MethodType(send, resume.__self__)  # type: ignore[attr-defined]  # a coroutine's own method


class Named:
    """Stands for the function of a G that has come from another M: its frames have that; people want its name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name: Final = name

    def __call__(self) -> None:
        raise AssertionError(f"{self.name} has started elsewhere")


def name_of(fn: object) -> str:
    """The name of a goroutine's function for people: `module.qualname` where it has one."""
    if isinstance(fn, Named):
        return fn.name
    while isinstance(fn, partial):  # as `go` makes it for keyword arguments
        fn = fn.func
    qualname = getattr(fn, "__qualname__", None) or type(fn).__qualname__
    module = getattr(fn, "__module__", None) or "?"
    return f"{package_of(module)}.{qualname}"
